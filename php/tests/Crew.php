<?php

declare(strict_types=1);

namespace Quipu\Tests;

/** Processes that begin together. Each ends by SIGKILL, so that nothing that PHP would tidy up helps a test. */
final class Crew
{
    /** @var list<array{int, resource}> */
    private array $members = [];
    /** @var resource */
    private $start;

    /** @param callable(int): mixed $work what each does, with its number; it returns what can be serialised */
    public function __construct(int $processes, callable $work)
    {
        [$wait, $this->start] = self::pair();
        for ($number = 0; $number < $processes; $number++) {
            [$read, $write] = self::pair();
            $pid = pcntl_fork();
            if ($pid === 0) {
                fclose($this->start);
                fread($wait, 1);
                try {
                    $answer = ['result' => $work($number)];
                } catch (\Throwable $thrown) {
                    $answer = ['thrown' => (string) $thrown];
                }
                fwrite($write, serialize($answer) . "\n.");
                fflush($write);
                posix_kill(getmypid(), SIGKILL);
            }
            fclose($write);
            $this->members[] = [$pid, $read];
        }
    }

    /**
     * Starts them and waits until all have ended.
     *
     * @return list<mixed> what each returned; null for one that was killed before it could
     */
    public function run(): array
    {
        fclose($this->start);
        $results = [];
        foreach ($this->members as [$pid, $read]) {
            $text = (string) stream_get_contents($read);
            pcntl_waitpid($pid, $status);
            $answer = str_ends_with($text, "\n.") ? unserialize($text) : ['result' => null];
            if (isset($answer['thrown'])) {
                throw new \RuntimeException("process $pid: {$answer['thrown']}");
            }
            $results[] = $answer['result'];
        }
        return $results;
    }

    /** @return array{resource, resource} */
    private static function pair(): array
    {
        return stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, STREAM_IPPROTO_IP)
            ?: throw new \RuntimeException('no sockets');
    }
}
