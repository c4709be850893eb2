<?php
// A page with a session: each request puts one thing in the cart. Requests of one visitor wait for each other, so none
// is lost, however many come at once (session.save_handler = quipu in php.ini).

session_start();
$things = $_SESSION['things'] ?? 0;
// Whatever takes a moment: without the lock, others would read the old number meanwhile.
usleep(500);
$_SESSION['things'] = $things + 1;

header('Content-Type: text/plain');
echo $_SESSION['things'], " things\n";
