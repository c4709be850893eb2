<?php

declare(strict_types=1);

namespace Quipu\Exception;

/** The lease is over: its time has ended, it was released, or somebody else has it. Nothing was written. */
final class LeaseLost extends \Quipu\Exception
{
}
