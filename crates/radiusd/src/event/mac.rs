//! MAC addresses, in whatever way a NAS writes them.

/// The MAC address at the start of a text: `00-11-22-AA-BB-CC`, `00:11:22:aa:bb:cc`, `0011.22aa.bbcc`,
/// `001122aabbcc`. A name may follow after a colon, as in Called-Station-Id. `None`: it is something else.
///
/// ```
/// use quipu_radiusd::event::mac_address;
/// let address = Some([0, 0x11, 0x22, 0xaa, 0xbb, 0xcc]);
/// assert_eq!(mac_address(b"00-11-22-AA-BB-CC:guests"), address);
/// assert_eq!(mac_address(b"0011.22aa.bbcc"), address);
/// assert_eq!(mac_address(b"49123456789"), None);
/// ```
#[must_use]
pub fn mac_address(text: &[u8]) -> Option<[u8; 6]> {
    let mut address = [0; 6];
    let mut digits = 0;
    let mut length = 0;
    for octet in text {
        let character = char::from(*octet);
        if digits == 12 {
            break;
        }
        if let Some(digit) = character.to_digit(16) {
            let digit = u8::try_from(digit).ok()?;
            address[digits / 2] = address[digits / 2] << 4 | digit;
            digits += 1;
        } else if !matches!(character, '-' | ':' | '.' | ' ') || digits == 0 || digits % 2 == 1 {
            return None;
        }
        length += 1;
    }
    let ends_there = matches!(text.get(length), None | Some(b':'));
    (digits == 12 && ends_there).then_some(address)
}
