//! Whatever is read survives to be printed and read again, and no text is too odd to be read.

use std::string::{String, ToString};
use std::vec::Vec;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::host::HostId;
use crate::id::FeatureName;
use crate::licence::ast::Expiry;
use crate::options::ast::{
    DebugLog, Group, Kind, LogClass, LogFile, Name, Narrowing, ReportLog, Selector, Who,
};
use crate::text::Severity;
use crate::time::Date;
use crate::version::Version;

fn at<T>(node: T) -> Spanned<T> {
    Spanned::new(Span::default(), node)
}

/// Prints, reads and compares; gives the remarks of the second reading.
fn assert_survives(options: &Options) -> Vec<Diagnostic> {
    let printed = options.to_string();
    let (again, remarks) = parse(&Source::new("t", printed.clone()));
    assert_eq!(again, *options, "{printed}");
    // Equality of names and versions is loose on purpose, so the spelling is compared as well.
    assert_eq!(again.to_string(), printed);
    remarks
}

/// A word that is no `ALL_…`, plain or in need of quotes.
fn word() -> impl Strategy<Value = String> {
    let odd = "[a-zA-Z0-9 \t\\\\#={}ü':*+./-]{1,12}".prop_filter("blank", |text| !text.trim().is_empty());
    prop_oneof![4 => "[A-Za-z0-9_.-]{1,10}".boxed(), 1 => odd.boxed()]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9_.-]{0,10}", "[a-zA-Z0-9 \t\\\\#={}ü':]{0,12}"]
}

fn narrowing() -> impl Strategy<Value = Narrowing> {
    let texts: [fn(String) -> Narrowing; 8] = [
        Narrowing::Key,
        Narrowing::Sign,
        Narrowing::Issuer,
        Narrowing::Notice,
        Narrowing::VendorString,
        Narrowing::DistInfo,
        Narrowing::UserInfo,
        Narrowing::AssetInfo,
    ];
    let host_id = prop_oneof![
        Just(HostId::Any),
        any::<[u8; 6]>().prop_map(HostId::Ether),
        any::<[u8; 32]>().prop_map(HostId::Key),
        "[a-z{}\\\\]{1,9}".prop_map(HostId::HostName),
    ];
    let expiry = option::of((1u16..=9999, 1u8..=12, 1u8..=28));
    prop_oneof![
        4 => (prop::sample::select(texts.to_vec()), text()).prop_map(|(make, text)| make(text)),
        1 => "[0-9]{1,4}(\\.[0-9]{0,4})?".prop_map(|text| Narrowing::Version(Version::parse(&text).unwrap())),
        1 => vec(host_id, 1..3).prop_map(Narrowing::HostId),
        1 => expiry.prop_map(|date| Narrowing::ExpiryDate(match date {
            None => Expiry::Never,
            Some((year, month, day)) => Expiry::On(Date::new(year, month, day).unwrap()),
        })),
    ]
}

fn selector() -> impl Strategy<Value = Selector> {
    ("[A-Za-z0-9_][A-Za-z0-9_./:-]{0,12}", option::of(narrowing())).prop_map(|(feature, narrowing)| {
        Selector { feature: at(FeatureName::from(feature)), narrowing: narrowing.map(at) }
    })
}

fn who() -> impl Strategy<Value = Who> {
    (prop::sample::select(&Kind::ALL[..]), word()).prop_map(|(kind, word)| {
        let word = if kind == Kind::Internet { "10.0.*.7".into() } else { word };
        Who { kind, name: at(Name::Is(word)) }
    })
}

fn scope() -> impl Strategy<Value = Scope> {
    option::of(selector()).prop_map(|selector| selector.map_or(Scope::All, Scope::Of))
}

fn count() -> impl Strategy<Value = Spanned<u32>> {
    any::<u32>().prop_map(at)
}

fn group() -> impl Strategy<Value = Group> {
    let members = prop_oneof![9 => vec(word(), 0..6), 1 => vec(word(), 500..600)];
    (word(), members)
        .prop_map(|(name, members)| Group { name: at(name), members: members.into_iter().map(at).collect() })
}

fn log_file() -> impl Strategy<Value = LogFile> {
    ("/[a-z +\\\\]{0,9}", any::<bool>()).prop_map(|(path, append)| LogFile { path: at(path), append })
}

fn rule() -> impl Strategy<Value = Statement> {
    let all = prop::sample::select(&[Kind::User, Kind::Host, Kind::Group, Kind::HostGroup][..])
        .prop_map(|kind| Who { kind, name: at(Name::All) });
    prop_oneof![
        (scope(), who()).prop_map(|(scope, who)| Statement::Exclude(scope, who)),
        (scope(), who()).prop_map(|(scope, who)| Statement::Include(scope, who)),
        (selector(), who()).prop_map(|(feature, who)| Statement::ExcludeBorrow(feature, who)),
        (selector(), who()).prop_map(|(feature, who)| Statement::IncludeBorrow(feature, who)),
        (count(), selector(), who())
            .prop_map(|(count, feature, who)| Statement::Reserve(count, feature, who)),
        (count(), selector(), prop_oneof![who(), all])
            .prop_map(|(count, feature, who)| Statement::Max(count, feature, who)),
    ]
}

fn term() -> impl Strategy<Value = Statement> {
    prop_oneof![
        (selector(), count()).prop_map(|(feature, count)| Statement::MaxOverdraft(feature, count)),
        (selector(), count()).prop_map(|(feature, count)| Statement::BorrowLowwater(feature, count)),
        (selector(), count()).prop_map(|(feature, hours)| Statement::MaxBorrowHours(feature, hours)),
        (selector(), count()).prop_map(|(feature, seconds)| Statement::Linger(feature, seconds)),
        (scope(), count()).prop_map(|(scope, seconds)| Statement::Timeout(scope, seconds)),
    ]
}

fn setting() -> impl Strategy<Value = Statement> {
    prop_oneof![
        any::<bool>().prop_map(Statement::GroupCaseInsensitive),
        any::<bool>().prop_map(|lenient| Statement::FqdnMatching(if lenient {
            FqdnMatching::Lenient
        } else {
            FqdnMatching::Exact
        })),
        count().prop_map(Statement::MaxConnections),
        count().prop_map(Statement::SelectTimeout),
        any::<bool>().prop_map(Statement::AutomaticReread),
        prop::sample::select(&LogClass::ALL[..]).prop_map(Statement::NoLog),
        (log_file(), option::of(any::<u32>()), any::<bool>()).prop_map(|(file, rollover, has_mark)| {
            Statement::DebugLog(DebugLog { file, rollover, has_mark })
        }),
        (log_file(), any::<bool>())
            .prop_map(|(file, hides_users)| Statement::ReportLog(ReportLog { file, hides_users })),
        Just(Statement::TrustedStorage(TrustedStorage::Lowwater)),
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    prop_oneof![
        4 => rule(),
        2 => term(),
        1 => setting(),
        1 => group().prop_map(Statement::Group),
        1 => group().prop_map(Statement::HostGroup),
    ]
}

/// Lines as they occur, to be mutated.
const REAL: [&str; 9] = [
    "GROUP cae anna bob \\\n\tcarl # more\r\n",
    "HOST_GROUP nodes node01 \"node 02\" 10.1.2.*\n",
    "RESERVE 4 solver GROUP cae\n",
    "MAX 2 solver:VERSION=2024.06 USER bob\n",
    "max 1 solver USER ALL_USERS\r\n",
    "EXCLUDE \"solver VENDOR_STRING=edu:1\" HOST_GROUP nodes\n",
    "LINGER solver:NOTICE=\"two words\" 600\n",
    "DEBUGLOG +/var/log/acme.log AUTO_ROLLOVER 1000\n",
    "# a comment \\\nEXLUDE x\n",
];

fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), "[ \t\\\\\"#={}\n\r\u{a0}\u{7}:0-9A-Za-zü]{0,3}", 0usize..4);
    let line = (prop::sample::select(&REAL[..]), vec(edit, 0..4)).prop_map(|(line, edits)| {
        let mut line: Vec<char> = line.chars().collect();
        for (place, text, cut) in edits {
            let start = place.index(line.len() + 1);
            let end = (start + cut).min(line.len());
            line.splice(start..end, text.chars());
        }
        line.into_iter().collect::<String>()
    });
    vec(line, 1..6).prop_map(|lines| lines.concat())
}

/// All remarks can be shown, and point into the text.
fn assert_remarks_fit(source: &Source, remarks: &[Diagnostic]) {
    for remark in remarks {
        let Span { start, end } = remark.span;
        assert!(source.text().get(start as usize..end as usize).is_some(), "{remark:?}");
        let shown = format!("{}{:?}", remark.render(source), remark.report(source));
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_survive_print_and_parse(statements in vec(statement().prop_map(at), 0..4)) {
        let remarks = assert_survives(&Options { statements });
        for remark in remarks.iter().filter(|remark| remark.severity == Severity::Error) {
            prop_assert!(remark.message.ends_with("so this rule is for nobody"), "{remark:?}");
        }
    }

    #[test]
    fn whatever_is_read_from_mutated_lines_survives(text in mutated()) {
        let source = Source::new("t", text);
        let (options, remarks) = parse(&source);
        assert_survives(&options);
        assert_remarks_fit(&source, &remarks);
        for statement in &options.statements {
            let Span { start, end } = statement.span;
            prop_assert!(source.text().get(start as usize..end as usize).is_some());
        }
    }

    #[test]
    fn whatever_is_read_from_random_bytes_survives(bytes in vec(any::<u8>(), 0..400), head in 0..REAL.len()) {
        let word = REAL[head].split(' ').next().unwrap();
        let source = Source::from_bytes("t", [word.as_bytes(), b" ", &bytes].concat());
        let (options, remarks) = parse(&source);
        assert_survives(&options);
        assert_remarks_fit(&source, &remarks);
    }
}
