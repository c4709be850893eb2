//! Dictionaries: those of FreeRADIUS as a whole (Debian: freeradius-common), every keyword, and packets as text.
use quipu_radiusd::dictionary::{Dictionary, ValueType};
use quipu_radiusd::packet::{Attributes, VendorFormat};
use std::path::{Path, PathBuf};

const DEBIAN: &str = "/usr/share/freeradius/dictionary";

struct Files(PathBuf);

impl Files {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        for (file, text) in files {
            std::fs::write(path.join(file), text).expect("a file");
        }
        Self(path)
    }

    fn load(&self) -> Result<Dictionary, String> {
        let loaded = Dictionary::load(&self.0.join("dictionary"));
        loaded.map_err(|error| error.to_string())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn all_of_freeradius_is_read() {
    let dictionary =
        Dictionary::load(Path::new(DEBIAN)).expect("apt-get install freeradius-common");
    assert_eq!(dictionary.warnings, [], "nothing is skipped");
    assert!(dictionary.len() > 6_000, "{} attributes", dictionary.len());
    // An attribute of every line of a vendor's file is found by its name.
    let mut found = 0;
    for line in std::fs::read_to_string("/usr/share/freeradius/dictionary.cisco")
        .expect("there")
        .lines()
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["ATTRIBUTE", name, number, ..] = words.as_slice() {
            let number: u32 = number.parse().expect("a number");
            assert_eq!(dictionary.number(name), Some((9, number)), "{name}");
            assert!(dictionary.attribute(9, number).is_some());
            found += 1;
        }
    }
    assert!(found > 50, "{found}");
    let form = |type_octets, length_octets, has_continuation| VendorFormat {
        type_octets,
        length_octets,
        has_continuation,
    };
    assert_eq!(dictionary.format(429), form(4, 0, false), "USR");
    assert_eq!(dictionary.format(4846), form(2, 1, false), "Lucent");
    assert_eq!(dictionary.format(24757), form(1, 1, true), "WiMAX");
    assert_eq!(dictionary.format(9), VendorFormat::default(), "Cisco");
    // The built-in set says the same, as far as it goes.
    let ours = Dictionary::built_in();
    for number in 0..=255 {
        if let Some(definition) = ours.attribute(0, number) {
            let theirs = dictionary.attribute(0, number).expect(&definition.name);
            assert_eq!(definition.name, theirs.name);
            let types = (definition.value, theirs.value);
            assert!(
                types.0 == types.1 || number == 26,
                "{} {types:?}",
                definition.name
            );
            assert_eq!(definition.has_tag, theirs.has_tag, "{}", definition.name);
            for value in 0..20 {
                if let Some(name) = ours.value_name(0, number, value) {
                    assert_eq!(dictionary.value_name(0, number, value), Some(name));
                }
            }
        }
    }
}

#[test]
fn every_keyword() {
    let files = Files::new(
        "keywords",
        &[
            (
                "dictionary",
                "# a comment\nVALUE Colour Red 1\nATTRIBUTE Colour 200 integer # behind it\n$INCLUDE other\n\
                 $INCLUDE- missing\nATTRIBUTE Nested 241.1 string\nPROTOCOL RADIUS 1\nATTRIBUTE Odd 202 strange\n\
                 ATTRIBUTE Sized 203 octets[8]\nATTRIBUTE Old 7 string Acme\nATTRIBUTE Tagged 204 integer has_tag,encrypt=2\n",
            ),
            (
                "other",
                "VENDOR Acme 4711 format=2,2\nBEGIN-VENDOR Acme\nATTRIBUTE Acme-Hex 0x0102 ipaddr\nBEGIN-TLV Acme-Hex\n\
                 ATTRIBUTE Inside 1 string\nEND-TLV Acme-Hex\nEND-VENDOR Acme\n\
                 BEGIN-VENDOR Acme format=Extended-Vendor-Specific-5\nATTRIBUTE Inside2 1 string\nEND-VENDOR Acme\n",
            ),
        ],
    );
    let dictionary = files.load().expect("good");
    assert_eq!(
        dictionary.value_name(0, 200, 1),
        Some("Red"),
        "named before its attribute"
    );
    assert_eq!(
        dictionary.number("acme-hex"),
        Some((4711, 258)),
        "names have no case"
    );
    assert_eq!(dictionary.number("Old"), Some((4711, 7)));
    assert_eq!(
        dictionary
            .vendor(4711)
            .map(|vendor| vendor.format.length_octets),
        Some(2)
    );
    for nested in ["Nested", "Inside", "Inside2"] {
        assert_eq!(dictionary.number(nested), None, "{nested}");
    }
    assert_eq!(
        dictionary.attribute(0, 203).map(|known| known.value),
        Some(ValueType::Octets)
    );
    let warnings: Vec<&str> = dictionary
        .warnings
        .iter()
        .map(|warning| warning.text.as_str())
        .collect();
    assert_eq!(
        warnings,
        [
            "unknown keyword PROTOCOL",
            "unknown type strange: printed as octets"
        ]
    );
    assert_eq!(dictionary.warnings[0].line, 7);
}

#[test]
fn mistakes_are_named_with_file_and_line() {
    let rows = [
        ("ATTRIBUTE A", "line 1: ATTRIBUTE has too few"),
        ("\nATTRIBUTE A x string", "line 2: 'x' is no number"),
        ("VALUE A B x", "line 1: 'x' is no number"),
        ("VENDOR A 1 format=3,1", "line 1: '3,1' is no format"),
        ("VENDOR A 1 format=1,3", "line 1: '1,3' is no format"),
        ("BEGIN-VENDOR A", "line 1: there is no vendor A"),
        ("END-TLV A", "line 1: END-TLV without"),
        ("$INCLUDE nothing", "does not exist"),
        ("$INCLUDE dictionary", "too deep"),
    ];
    for (at, (text, expected)) in rows.iter().enumerate() {
        let files = Files::new(&format!("mistake-{at}"), &[("dictionary", text)]);
        let error = files.load().expect_err(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let none = Files::new("none", &[]);
    assert!(none.load().expect_err("no file").contains("line 0"));
}

#[test]
fn a_packet_as_text() {
    let dictionary =
        Dictionary::load(Path::new(DEBIAN)).expect("apt-get install freeradius-common");
    let rows: &[(&[u8], &str)] = &[
        (&[40, 6, 0, 0, 0, 3], "Acct-Status-Type = Interim-Update"),
        (&[40, 6, 0, 0, 0, 99], "Acct-Status-Type = 99"),
        (
            &[1, 6, b'a', b'"', b'\n', 0xff],
            "User-Name = \"a\\\"\\n\\xff\"",
        ),
        (&[8, 6, 10, 0, 0, 1], "Framed-IP-Address = 10.0.0.1"),
        (&[25, 4, 0xab, 1], "Class = 0xab01"),
        (
            &[97, 12, 0, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0],
            "Framed-IPv6-Prefix = 2001:db8::/64",
        ),
        (
            &[96, 10, 1, 2, 3, 4, 5, 6, 7, 8],
            "Framed-Interface-Id = 01:02:03:04:05:06:07:08",
        ),
        (
            &[26, 12, 0, 0, 0, 9, 1, 6, b'a', b'=', b'b', b'c'],
            "Cisco-AVPair = \"a=bc\"",
        ),
        (
            &[26, 10, 0, 0, 0, 9, 250, 4, 1, 2],
            "Cisco-Account-Info = \"\\x01\\x02\"",
        ),
        (&[26, 9, 0, 0, 0, 9, 1, 9, 1], "Attr-26.9 = 0x010901"),
        (
            &[26, 9, 0, 0xff, 0xff, 1, 1, 3, 1],
            "Attr-26.16776961.1 = 0x01",
        ),
        (
            &[66, 6, 1, b'a', b'b', b'c'],
            "Tunnel-Client-Endpoint:1 = \"abc\"",
        ),
        (
            &[66, 5, b'a', b'b', b'c'],
            "Tunnel-Client-Endpoint = \"abc\"",
        ),
    ];
    for (list, expected) in rows {
        let text = dictionary.print(Attributes::legal(list));
        assert_eq!(text, format!("{expected}\n"));
    }
    let unknown = Dictionary::built_in().print(Attributes::legal(&[250, 3, 7]));
    assert_eq!(unknown, "Attr-250 = 0x07\n");
}
