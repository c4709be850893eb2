--TEST--
Objects that use the table while they are stored and read
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();

class Nested
{
    public function __construct(public int $depth, public ?string $text = null) {}

    public function __serialize(): array
    {
        global $t;
        $t->set("inner $this->depth", $this->depth > 0 ? new Nested($this->depth - 1) : 'end');
        $t->incr('serialized');
        return ['depth' => $this->depth, 'text' => str_repeat('t', 3000 * $this->depth)];
    }

    public function __unserialize(array $data): void
    {
        global $t;
        $this->depth = $data['depth'];
        $t->set('short', 'overwritten meanwhile');
        $inner = $t->get("inner $this->depth");
        $t->incr('unserialized');
        $this->text = $data['text'] . (is_object($inner) ? strlen($inner->text) : $inner);
    }
}

$t->set('outer', new Nested(4));
$outer = $t->get('outer');
var_dump(strlen($outer->text), $t->get('serialized'), $t->get('unserialized'));
foreach ($t->scan('outer') as $value) {
    var_dump(strlen($value->text));
}

// Two objects in one value, each of which stores the other's key: numbers of references do not mix.
class Pair
{
    public $shared;
    public function __wakeup() { global $t; $this->woken = $t->get('shared list'); }
    public $woken;
}
$t->set('shared list', [$o = new stdClass, $o]);
$pair = new Pair;
$pair->shared = [$o, $o];
$t->set('pair', [$pair, $pair, $o]);
$back = $t->get('pair');
var_dump($back[0] === $back[1], $back[0]->shared[0] === $back[2], $back[0]->woken[0] === $back[0]->woken[1]);

// The same with the old interface, which numbers references together with those around it.
error_reporting(E_ALL & ~E_DEPRECATED);
eval('class Old implements Serializable {
    public $inner;
    public function serialize() { global $t; $t->set("by old", [$o = new stdClass, $o]); return "old"; }
    public function unserialize($data) { global $t; $this->inner = $t->get("shared list"); }
}');
$t->set('old', [new ArrayObject, new Old, new Old]);
$old = $t->get('old')[2];
var_dump($old instanceof Old, $old->inner[0] instanceof stdClass, $old->inner[0] === $old->inner[1]);
$written = $t->get('by old');
var_dump($written[0] instanceof stdClass, $written[0] === $written[1]);

class Refuses
{
    public function __serialize(): array { throw new DomainException('not serialised'); }
}
class RefusesBack
{
    public function __unserialize(array $data): void { throw new DomainException('not read back'); }
}
attempt(fn() => $t->set('refuses', new Refuses));
attempt(fn() => $t->add('refuses', [1, new Refuses]));
var_dump($t->exists('refuses'));
$t->set('refuses back', [1, new RefusesBack]);
attempt(fn() => $t->get('refuses back'));
attempt(fn() => $t['refuses back']);
attempt(fn() => $t->getMany(['serialized', 'refuses back']));
attempt(fn() => iterator_to_array($t->scan('refuses')));
attempt(fn() => $t->gets('refuses back', $token));
attempt(fn() => $t->getDelete('refuses back'));
var_dump($t->exists('refuses back'));

// A scan that is moved by the value under it.
class Mover { public function __unserialize(array $data): void { global $scan; $scan->next(); $scan->rewind(); } }
$m = table();
$m->setMany(['a' => new Mover, 'b' => new Mover]);
$scan = $m->scan();
var_dump($scan->current() instanceof Mover, is_string($scan->key()));
?>
--EXPECT--
int(12004)
int(5)
int(5)
int(12004)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
DomainException(0): not serialised
DomainException(0): not serialised
bool(false)
DomainException(0): not read back
DomainException(0): not read back
DomainException(0): not read back
DomainException(0): not read back
DomainException(0): not read back
DomainException(0): not read back
bool(false)
bool(true)
bool(true)
