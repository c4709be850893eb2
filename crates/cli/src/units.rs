//! Sizes, durations and times as people write them. docs/command.md lists what is understood.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NANOS_PER_MS: u128 = 1_000_000;

/// Names of sizes in bytes, as GNU tools have them: `k` and `kib` are 1024, `kb` is 1000.
const SIZES: [(&str, u128); 14] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("m", 1 << 20),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("g", 1 << 30),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
    ("t", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
];

/// Names of durations, in nanoseconds. A bare number is seconds, as for `sleep`.
const DURATIONS: [(&str, u128); 7] = [
    ("", 1_000 * NANOS_PER_MS),
    ("ms", NANOS_PER_MS),
    ("s", 1_000 * NANOS_PER_MS),
    ("m", 60_000 * NANOS_PER_MS),
    ("h", 3_600_000 * NANOS_PER_MS),
    ("d", 86_400_000 * NANOS_PER_MS),
    ("w", 604_800_000 * NANOS_PER_MS),
];

/// Bytes: `512`, `64kb`, `1.5gib`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a size: write 64kb, 1.5gib, 512m or a number of bytes");
    let (bytes, rest) = parse_part(text, &SIZES).ok_or_else(wrong)?;
    if !rest.is_empty() {
        return Err(wrong());
    }
    u64::try_from(bytes).map_err(|_| format!("`{text}` is more than 64 bits can say"))
}

/// A duration: `250ms`, `5m`, `1h30m`, `1.5d`; a bare number is seconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "`{text}` is not a duration: write 250ms, 30s, 5m, 1h30m, 7d or a number of seconds"
        )
    };
    let mut rest = text;
    let mut nanos = 0_u128;
    while !rest.is_empty() || text.is_empty() {
        let (part, after) = parse_part(rest, &DURATIONS).ok_or_else(wrong)?;
        nanos = nanos.checked_add(part).ok_or_else(wrong)?;
        rest = after;
    }
    let nanos = u64::try_from(nanos).map_err(|_| format!("`{text}` is longer than 584 years"))?;
    Ok(Duration::from_nanos(nanos))
}

/// One number with its unit at the head of `text`, in the base unit, and what follows it.
fn parse_part<'t>(text: &'t str, units: &[(&str, u128)]) -> Option<(u128, &'t str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let unit = units
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known))?
        .1;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // Nine digits after the point are more than any unit here can use, and keep the product in range.
    if fraction.len() > 9 || fraction.is_empty() {
        return None;
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction = fraction.parse::<u128>().ok()?.checked_mul(unit)? / scale;
    Some((
        whole
            .parse::<u128>()
            .ok()?
            .checked_mul(unit)?
            .checked_add(fraction)?,
        rest,
    ))
}

/// Whole milliseconds, rounded up, so that what still lives is never shown as over.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(NANOS_PER_MS)).unwrap_or(u64::MAX)
}

/// A duration that [`parse_duration`] reads: `4m59s250ms`.
pub(crate) fn format_duration(duration: Duration) -> String {
    let mut rest = milliseconds(duration);
    let mut text = String::new();
    for (name, unit_ms) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ] {
        if rest >= unit_ms {
            text.push_str(&format!("{}{name}", rest / unit_ms));
            rest %= unit_ms;
        }
    }
    if text.is_empty() {
        "0ms".to_owned()
    } else {
        text
    }
}

/// A size for people: `1.5 GiB`.
pub(crate) fn format_size(bytes: u64) -> String {
    let names = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut tenths = u128::from(bytes) * 10;
    let mut name = None;
    for unit in names {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        name = Some(unit);
    }
    match name {
        None => format!("{bytes} B"),
        Some(name) => format!("{}.{} {name}", tenths / 10, tenths % 10),
    }
}

/// Milliseconds since 1970, negative before it.
pub(crate) fn unix_milliseconds(time: SystemTime) -> i64 {
    let signed = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => signed(after),
        Err(before) => -signed(before.duration()),
    }
}

/// A time in UTC: `2026-11-22 12:40:56 UTC`.
pub(crate) fn format_time(time: SystemTime) -> String {
    let seconds = unix_milliseconds(time).div_euclid(1_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of the day that is `days` after 1970-01-01, in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year, and in eras of 400 years, which all
/// have the same number of days.
fn civil_date(days: i64) -> (i64, i64, i64) {
    const DAYS_TO_MARCH_OF_YEAR_0: i64 = 719_468;
    const DAYS_PER_ERA: i64 = 146_097;
    let shifted = days + DAYS_TO_MARCH_OF_YEAR_0;
    let (era, day_of_era) = (
        shifted.div_euclid(DAYS_PER_ERA),
        shifted.rem_euclid(DAYS_PER_ERA),
    );
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / (DAYS_PER_ERA - 1);
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_gnu_tools() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("64k", 65_536),
            ("64KiB", 65_536),
            ("64kb", 64_000),
            ("1gb", 1_000_000_000),
            ("1.5GiB", 1_610_612_736),
            ("0.5mb", 500_000),
            ("16t", 1 << 44),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        for text in [
            "",
            "gb",
            "-1",
            "1x",
            "1 gb",
            "1.",
            ".5",
            "1.2.3",
            "1gb1",
            "1e9",
            "99999999t",
            "1.0000000000",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_add_up() {
        for (text, ms) in [
            ("0", 0),
            ("5", 5_000),
            ("250ms", 250),
            ("1.5s", 1_500),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("1w", 604_800_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(ms)),
                "{text}"
            );
        }
        for text in ["", "m", "5x", "-5s", "5m-", "1,5s", "600000w"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_printed_duration_reads_back() {
        for ms in [0, 1, 999, 1_000, 61_001, 86_400_000, 93_784_005] {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }
        assert_eq!(format_duration(Duration::from_micros(1)), "1ms");
    }

    #[test]
    fn sizes_and_times_read_well() {
        assert_eq!(format_size(0), "0 B");
        assert_eq!(format_size(1023), "1023 B");
        assert_eq!(format_size(1536), "1.5 KiB");
        assert_eq!(format_size(u64::MAX), "15.9 EiB");
        assert_eq!(format_time(UNIX_EPOCH), "1970-01-01 00:00:00 UTC");
        let leap = UNIX_EPOCH + Duration::from_secs(951_825_599);
        assert_eq!(format_time(leap), "2000-02-29 11:59:59 UTC");
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(format_time(before), "1969-12-31 23:59:59 UTC");
        assert_eq!(unix_milliseconds(before), -1_000);
    }
}
