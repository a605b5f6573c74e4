//! What a checkout refuses before it asks anybody.

use super::*;

const KEY: &str = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

#[test]
fn what_makes_no_sense_is_refused_before_any_server_is_asked() {
    let good = || Checkout::new("solver", "2.1").vendor_key(KEY).server("1@localhost");
    for (checkout, code, words) in [
        (Checkout::new("solver", "2.1"), Code::BAD_SIGNATURE, "no vendor key is given"),
        (good().vendor_key("ed25519:12"), Code::BAD_SIGNATURE, "'ed25519:12' is no vendor key"),
        (Checkout { version: "2.1b".into(), ..good() }, Code::BAD_VERSION, "'2.1b' is no version"),
        (Checkout { feature: "a b".into(), ..good() }, Code::BAD_PARAMETER, "'a b' is no feature name"),
        (Checkout { feature: "x".repeat(31), ..good() }, Code::BAD_PARAMETER, "is no feature name"),
        (good().seats(0), Code::BAD_PARAMETER, "0 seats cannot"),
        (good().seats(u32::MAX), Code::BAD_PARAMETER, "4294967295 seats cannot"),
        (good().data("x".repeat(257)), Code::BAD_PARAMETER, "at most 256 bytes"),
        (good().server("27000"), Code::BAD_PARAMETER, "'27000' is no place"),
    ] {
        let error = checkout.take().unwrap_err();
        assert!(matches!(error, Error::Misuse(_)), "{error}");
        assert_eq!(error.code(), Some(code), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn places_given_in_several_calls_are_one_list() {
    let checkout = Checkout::new("solver", "2.1").vendor_key(KEY).server("1@a:2@b").server("@c");
    let (errand, _, _) = checkout.into_errand().unwrap();
    assert_eq!(errand.searched(), ["1@a", "2@b", "@c"]);
}
