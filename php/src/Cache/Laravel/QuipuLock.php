<?php

declare(strict_types=1);

namespace Quipu\Cache\Laravel;

use Illuminate\Cache\Lock;
use Quipu\Cache\Lifetime;
use Quipu\Table;

/**
 * A lock of Laravel: an entry that holds the owner's token. It ends by release or by its time, so that an owner who was
 * killed does not keep it; who needs a lock without a time that ends with its owner takes Quipu's own.
 */
final class QuipuLock extends Lock
{
    /**
     * @param string $name
     * @param int $seconds 0: until it is released
     * @param string|null $owner null: a random token
     */
    public function __construct(private readonly Table $table, $name, $seconds, $owner = null)
    {
        parent::__construct($name, $seconds, $owner);
    }

    /** @return bool */
    public function acquire()
    {
        $seconds = $this->seconds > 0 ? Lifetime::fit((int) $this->seconds) : \INF;
        return $this->table->add($this->name, (string) $this->owner, $seconds);
    }

    /**
     * Releases it if it is still this owner's: one that came too late does not take it from the next.
     *
     * @return bool
     */
    public function release()
    {
        return $this->table->gets($this->name, $token) === (string) $this->owner
            && $this->table->deleteIf($this->name, $token);
    }

    /** @return void */
    public function forceRelease()
    {
        $this->table->delete($this->name);
    }

    /** @return mixed */
    protected function getCurrentOwner()
    {
        return $this->table->get($this->name);
    }
}
