//! Names of users and groups, from the local files only.
//!
//! Asking the name service would need a call into libc; who keeps accounts elsewhere can give and read numbers.
use std::fs;

/// The name of the user `uid`, or the number.
pub(crate) fn user_name(uid: u32) -> String {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    found.unwrap_or_else(|| uid.to_string())
}

/// The number of a group given by number or by name.
pub(crate) fn parse_group(text: &str) -> Result<u32, String> {
    if let Ok(gid) = text.parse() {
        return Ok(gid);
    }
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let found = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == text).then(|| fields.nth(1)?.parse().ok())?
    });
    found.ok_or_else(|| format!("no group `{text}` in /etc/group: give its number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_its_group_have_names() {
        assert_eq!(user_name(0), "root");
        assert_eq!(parse_group("root"), Ok(0));
        assert_eq!(parse_group("12"), Ok(12));
        assert!(parse_group("no such group").is_err());
    }

    #[test]
    fn an_unknown_user_is_a_number() {
        assert_eq!(user_name(4_123_456_789), "4123456789");
    }
}
