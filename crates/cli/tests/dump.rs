//! dump and load: every entry as a line, exactly (docs/dump-format.md).
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use quipu::{Options, Table as Map, Ttl, Value};
use support::{Table, temporary};

/// Everything that is hard to write down.
fn fill(map: &Map) {
    let every: Vec<u8> = (0..=255).collect();
    let set = |key: &[u8], value: Value, ttl: Ttl| map.set(key, &value, ttl).unwrap();
    for byte in 0..=255_u8 {
        set(
            &[byte],
            Value::Bytes {
                bytes: vec![byte; usize::from(byte)],
                flags: byte.into(),
            },
            Ttl::Never,
        );
    }
    set(b"", Value::bytes(*b""), Ttl::Never);
    set(&every, Value::bytes(every.clone()), Ttl::Never);
    set(
        &[b'k'; 65_535],
        Value::bytes(vec![0xff; 1 << 20]),
        Ttl::Never,
    );
    set(
        b"text \"quoted\" \\ \n \xe2\x82\xac",
        Value::bytes("\u{1f600} \u{0} \u{7f}"),
        Ttl::Never,
    );
    set(
        b"flags",
        Value::Bytes {
            bytes: b"v".to_vec(),
            flags: u32::MAX,
        },
        Ttl::Never,
    );
    for (index, integer) in [0, 1, -1, i64::MIN, i64::MAX, (1 << 53) + 1]
        .into_iter()
        .enumerate()
    {
        set(
            format!("integer {index}").as_bytes(),
            Value::Integer(integer),
            Ttl::Never,
        );
    }
    let odd_nan = f64::from_bits(0xfff8_0000_dead_beef);
    let floats = [
        0.0,
        -0.0,
        0.1,
        1.0,
        5e-324,
        -f64::MAX,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        odd_nan,
    ];
    for (index, float) in floats.into_iter().enumerate() {
        set(
            format!("float {index}").as_bytes(),
            Value::Float(float),
            Ttl::Never,
        );
    }
    set(
        b"ends",
        Value::Integer(1),
        Ttl::After(Duration::from_secs(7200)),
    );
}

/// All entries, comparable: floats by their bits, times to live by whether there is one.
fn contents(map: &Map) -> BTreeMap<Vec<u8>, (String, bool)> {
    map.scan()
        .map(|item| {
            let (key, entry) = item.unwrap();
            let value = match entry.value {
                Value::Float(float) => format!("float {:016x}", float.to_bits()),
                value => format!("{value:?}"),
            };
            (key, (value, entry.ttl != Ttl::Never))
        })
        .collect()
}

#[test]
fn a_dump_loads_into_the_same_entries() {
    let (table, copy) = (Table::new(), Table::new());
    let map = Map::create(&table.name, Options::default()).unwrap();
    fill(&map);
    let dump = table.run("dump").yes();
    assert_eq!(dump.lines().count(), contents(&map).len());
    copy.run_with("load", dump.as_bytes()).prints("");
    let loaded = Map::open(&copy.name).unwrap();
    assert_eq!(contents(&loaded), contents(&map));
    let Some(Ttl::After(rest)) = loaded.ttl(b"ends").unwrap() else {
        panic!("the time to live is lost")
    };
    assert!(rest > Duration::from_secs(3600) && rest < Duration::from_secs(7202));
}

#[test]
fn a_dump_is_lines_of_json_with_documented_fields() {
    let table = Table::new();
    table.run("set k hello --flags 7").prints("");
    table.run("dump").prints(
        "{\"key\":\"k\",\"type\":\"bytes\",\"value\":\"hello\",\"flags\":7,\"ttl_ms\":null}\n",
    );
    table.run("dump --prefix x").prints("");
    table.run("dump --prefix k --json").yes();
}

#[test]
fn load_reads_files_and_keeps_what_is_there_besides() {
    let table = Table::new();
    let (one, two) = (temporary("one"), temporary("two"));
    std::fs::write(&one, "{\"key\":\"a\",\"type\":\"integer\",\"value\":1}\n\n").unwrap();
    std::fs::write(
        &two,
        "{\"key\":\"b\",\"type\":\"bytes\",\"value\":\"x\",\"ttl_ms\":60000}",
    )
    .unwrap();
    table.run("set a before").prints("");
    table.run("set c stays").prints("");
    table.run_also("load", &[&one, &two]).prints("");
    table.run("get a b c").prints("a\t1\nb\tx\nc\tstays\n");
    assert_ne!(table.run("ttl b").yes(), "never\n");
    std::fs::remove_file(one).unwrap();
    std::fs::remove_file(two).unwrap();
}

#[test]
fn what_get_and_ls_print_as_json_can_be_loaded() {
    let (table, copy) = (Table::new(), Table::new());
    table.run("set k hello --flags 7").prints("");
    copy.run_with("load", table.run("get k --json").yes().as_bytes())
        .prints("");
    copy.run_with("load", table.run("ls -l --json").yes().as_bytes())
        .prints("");
    assert_eq!(copy.run("dump").yes(), table.run("dump").yes());
}

#[test]
fn a_bad_line_is_named_by_its_number_and_the_lines_before_it_are_stored() {
    let table = Table::new();
    let good = "{\"key\":\"a\",\"type\":\"integer\",\"value\":1}\n";
    for (bad, words) in [
        ("nonsense", "line 3"),
        (
            "{\"key\":\"b\",\"type\":\"integer\",\"value\":1.5}",
            "line 3: `value`",
        ),
        (
            "{\"key\":\"b\",\"type\":\"integer\",\"value\":1,\"tll_ms\":5}",
            "line 3: unknown field `tll_ms`",
        ),
        (
            "{\"key\":\"b\",\"type\":\"bytes\",\"value\":\"x\",\"ttl_ms\":9e18}",
            "line 3: ",
        ),
    ] {
        let input = format!("{good}\n{bad}\n{good}");
        table.run_with("load", input.as_bytes()).fails(words);
        table.run("get a").prints("1\n");
        table.run("clear").prints("1\n");
    }
    table
        .run_also("load", &["/no/such/file"])
        .fails("/no/such/file");
}
