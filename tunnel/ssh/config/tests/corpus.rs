//! Configurations that both `ssh -G` and our own reader are given. `{dir}` is the directory of the files.

/// One configuration and what is asked of it.
pub(super) struct Case {
    pub(super) asked: &'static str,
    pub(super) config: &'static str,
}

const fn case(asked: &'static str, config: &'static str) -> Case {
    Case { asked, config }
}

/// Both have to come to the same target.
pub(super) const SAME: &[Case] = &[
    case("lic1", ""),
    case("bob@lic1:2222", "User eve\nPort 9\n"),
    // The fault of others: what follows `Match` counted as part of the `Host` before it.
    case("lic1", "Host lic1\nHostName real1\nMatch host *.prod.example\nUser prodroot\nPort 9999\n"),
    case(
        "db.prod.example",
        "Host lic1\nHostName real1\nMatch host *.prod.example\nUser prodroot\nPort 9999\n",
    ),
    // Before the first `Host`; the first value wins; files add up.
    case("lic1", "User first\nHost lic1\nUser second\nPort 3\nHost *\nPort 4\n"),
    case("lic1", "IdentityFile /a\nHost lic1\nIdentityFile /b\nIdentityFile /a\nHost *\nIdentityFile ~/c\n"),
    case("lic1", "CertificateFile /a-cert.pub\nCertificateFile ~/b-cert.pub\nIdentityFile none\n"),
    // How a line may be written.
    case("lic1", "Port=5\nUser = joe\nHostName=\"foo\"\nhOsTkEyAlIaS\tBar\n  \t BatchMode\tyes\r\n"),
    case("lic1", "IdentityFile \"~/a b\"\nIdentityFile a\"b c\"d\nIdentityFile 'q r'\nIdentityFile a\\ b\n"),
    case("lic1", "# one\n\n   # two\nUser bob # three\nIdentityFile /a#b\nHost lic1 # four\nPort 7\n"),
    case("lic1", "UserKnownHostsFile /a ~/b\nGlobalKnownHostsFile /c /d\n"),
    case("lic1", "UserKnownHostsFile none\nGlobalKnownHostsFile none\n"),
    case("lic1", "UserKnownHostsFile /k/%h_%p_%r_%n_%k_%u_%i_%d_%% ${HOME}/k /k/%l_%L\n"),
    case("lic1", "UserKnownHostsFile /k/%C\n"),
    case("lic1", "HostKeyAlias Licences\nHostName 10.0.0.7\nUserKnownHostsFile /k/%k\n"),
    // Patterns.
    case("lic1", "Host !lic1 *\nPort 5\nHost * !lic1\nPort 6\nHost li?1 \"x\"\nPort 7\n"),
    case("lic2", "Host !lic1 lic*\nPort 5\n"),
    case("lic1", "Host LIC1\nPort 5\nHost lic1\nPort 6\n"),
    case("LIC1", "Host lic1\nPort 5\nHost LIC1\nUser bob\nMatch host lic1\nBatchMode yes\n"),
    case("LIC1", "Match originalhost lic1\nPort 5\nMatch originalhost LIC1\nUser bob\n"),
    case("lic1", "Host a,lic1\nPort 5\nHost a lic1\nPort 6\n"),
    case("10.0.3.17", "Host 10.0.?.*\nUser net\n"),
    case("2001:db8::7", "Host 2001:*\nUser six\n"),
    // HostName.
    case("lic1", "HostName %h.example.com\n"),
    case("Lic1", "HostName %h.Example.COM\n"),
    case("lic1", "HostName 10.0.0.7\nMatch host 10.*\nUser net\nMatch originalhost lic1\nPort 8\n"),
    case("lic1", "Match host real\nUser early\nHost lic1\nHostName real\nMatch host real\nUser late\n"),
    // Match.
    case("lic1", "Match all\nPort 5\n"),
    case("lic1", "Match host lic1 all\nPort 5\nMatch host other all\nUser x\nMatch !all\nUser y\n"),
    case(
        "bob@lic1",
        "Match user bob\nPort 5\nMatch user eve,b*\nBatchMode yes\nMatch !user bob\nHostName x\n",
    ),
    case("lic1", "User bob\nMatch user bob\nPort 5\n"),
    case("lic1", "Match localuser root,!nobody host lic*\nPort 5\nMatch localuser nobody\nUser x\n"),
    case("lic1", "Match host \"a,lic1\"\nPort 5\nMatch !host lic1\nUser x\nMatch host *,!lic1\nUser y\n"),
    case("lic1", "Match exec \"test %h = lic1\"\nPort 5\nMatch exec false\nUser x\n"),
    case("bob@lic1:9", "Match exec \"test %n.%p.%r.%u.%% = lic1.9.bob.$(id -un).%%\"\nHostName y\n"),
    case(
        "lic1",
        "Match host other exec \"touch {dir}/ran\"\nPort 5\nMatch exec \"test ! -e {dir}/ran\"\nUser x\n",
    ),
    case("lic1", "Match !exec false\nPort 5\n"),
    case(
        "lic1",
        "Match host = lic1 user =root localuser= root originalhost=lic1\nPort 5\nMatch user = bob\nUser x\n",
    ),
    // The last pass.
    case("lic1", "Match final all\nUser last\nMatch canonical all\nPort 5\nHost *\nBatchMode yes\n"),
    case("lic1", "HostName real\nMatch final host real\nUser last\nHost real\nPort 5\n"),
    case("lic1", "Match final host other\nUser x\nHost lic1\nHostName other\n"),
    case("lic1", "Host other\nPort 5\nMatch final all\nHost lic1\nHostName other\nUser a\n"),
    case("lic1", "Match final\nIdentityFile /last\nHost *\nIdentityFile /every\n"),
    case("lic1", "Host other\nMatch !final all\nUser first\n"),
    case("lic1", "Match final user bob\nPort 99\nHost lic1\nUser bob\n"),
    // Include.
    case("lic1", "Include {dir}/one\nUser z\n"),
    case("lic1", "Include {dir}/nothing* {dir}/o?e\n"),
    case("lic1", "Include {dir}/d/*.conf\n"),
    case("lic1", "Host other\nInclude {dir}/one\nHost lic1\nPort 99\n"),
    case("lic1", "Host other\nInclude {dir}/hosts\nHost lic1\nPort 99\n"),
    case("lic1", "Host lic1\nInclude {dir}/hosts\nBatchMode yes\n"),
    case("lic1", "Include {dir}/hosts\nBatchMode yes\n"),
    case("lic1", "Match host lic1\nInclude \"{dir}/one\" {dir}/hosts\nHashKnownHosts yes\n"),
    // Ways to get there.
    case("lic1", "ProxyCommand nc -X 5 %h %p # %r \"as it is\"\n"),
    case("lic1", "ProxyCommand = = nc %h %%\n"),
    case("lic1", "ProxyCommand none\nProxyJump gate\n"),
    case("lic1", "ProxyJump none\nProxyCommand nc %h %p\n"),
    case("lic1", "ProxyCommand nc %n\nProxyJump gate\n"),
    case("lic1", "Host lic1\nProxyJump gate # to the licences\n"),
    case(
        "lic1",
        "Host lic1\nProxyJump bob@gate:2222,inner\nHost gate\nHostName gate.example.com\nUser eve\nPort 9\n",
    ),
    case("lic1", "Host lic1\nProxyJump gate\nHost gate\nProxyCommand nc %h %p\nHost inner\nUser x\n"),
    case("lic1", "ProxyJump none\nProxyCommand nc %h %p\nProxyJump gate\n"),
    case("lic1", "ProxyJump none\nProxyJump gate\n"),
    case("lic1", "Host lic1\nProxyJump gate,inner\nHost inner\nProxyCommand nc inner\n"),
    case("lic1", "Host lic1\nProxyJump inner\nHost inner\nProxyJump gate\nHost gate\nPort 2222\n"),
    case("lic1", "Host lic1\nProxyJump gate,inner\nHost inner\nProxyJump elsewhere\nHost gate\nPort 2222\n"),
    case(
        "lic1",
        "Host lic1\nProxyJump ssh://bob@gate:99,[::1]:7\nHost gate\nProxyJump none\nHost ::1\nUser six\n",
    ),
    // Addresses with an interface, and other values that hold a %.
    case("fe80::1%eth0", ""),
    case("fe80::1%eth0", "Host fe80::1%*\nUser link\nProxyCommand nc %h %p\nUserKnownHostsFile /k/%h\n"),
    case("lic1", "HostName fe80::1%%eth0\nMatch host fe80::1%eth0\nPort 5\n"),
    // Blocks within blocks: an include counts only where its block does, and ends none of the outer ones.
    case("lic1", "Match host lic1\nInclude {dir}/blocks\nPort 5\nHost *\nUser every\n"),
    case("lic2", "Match host lic1\nInclude {dir}/blocks\nPort 5\nHost *\nUser every\n"),
    case("real", "Match host lic1\nInclude {dir}/blocks\nPort 5\nHost *\nUser every\n"),
    case("lic1", "Include {dir}/blocks {dir}/one\nHost lic1\nHostName second\n"),
    case("lic1", "Host lic1\nInclude {dir}/d/[ab].conf\nPort 5\n"),
    case("lic1", "Include {dir}/last\nHost *\nUser every\n"),
    // Negated criteria and lists of patterns.
    case("lic1", "Match !host lic2,lic3 !user nobody\nPort 5\nMatch !originalhost lic*\nUser x\n"),
    case("lic1", "Match host !lic1,* \nUser x\nMatch host *,!lic2\nPort 5\n"),
    case("lic1", "Match host !lic2\nUser x\nHost !lic2\nPort 5\n"),
    case("lic1", "Match !exec true host lic1\nUser x\nMatch !exec \"false # %%\" host lic1\nPort 5\n"),
    case("lic1", "Match host li*,x originalhost lic? !localuser nobody,noone exec true\nPort 5\n"),
    case(
        "lic1",
        "HostName real\nMatch host real originalhost lic1\nPort 5\nMatch !originalhost real\nUser a\n",
    ),
    case(
        "lic1",
        "HostName real\nMatch !final all\nUser one\nMatch final !host real\nPort 6\nMatch final host real\nPort 5\n",
    ),
    case("lic1", "HostName real\nMatch canonical host real\nUser x\nMatch !canonical host real\nPort 5\n"),
    case("lic1", "MATCH Host LIC1\nPort 5\nmatch Exec true\nUSER Bob\n"),
    case("lic1", "Match host=\"lic1\" user=root,b*\nPort 5\n"),
    case("lic1", "Match exec=true\nPort 5\nMatch exec = \"test a = a\"\nUser bob\n"),
    case("lic1", "Host lic1\nProxyJump [fe80::1%eth0]:22\n"),
    // Equal signs, quotes and blanks where nobody expects them.
    case("lic1", "Host=lic1\nPort=5\nHost = other\nPort = 6\n"),
    case("lic1", "Host \"lic1\" \"a b\"\nUser \"a b\"\nHostKeyAlias a=b\n"),
    case("lic1", "IdentityFile \"/a \\\"b\\\"\"\nIdentityFile '/it\\'s'\nIdentityFile \"/x'y\"\n"),
    case("lic1", "IdentityFile=\"/a=b\"\nIdentityFile = /c\n\t Host\t=\tlic1 \t\nPort 5\x0c\r\n"),
    case("lic1", "Port 5 #\nUser a#b # c\nHostKeyAlias \"#d\"\n"),
    // Tokens and the environment.
    case("lic1", "IdentityFile /k/%%h_%h\nCertificateFile /k/%n-%r-%p\nUser bob\nPort 7\n"),
    case("lic1", "RevokedHostKeys /r/%h_%n\n"),
    case("lic1", "RevokedHostKeys ~/lost\nHost lic1\nRevokedHostKeys /second\n"),
    case("lic1", "RevokedHostKeys none\nRevokedHostKeys /second\n"),
    // The rest.
    case("lic1", "StrictHostKeyChecking accept-new\nHashKnownHosts yes\nConnectTimeout 1m30s\n"),
    case("lic1", "StrictHostKeyChecking off\nConnectTimeout none\nIdentitiesOnly yes\n"),
    case("lic1", "StrictHostKeyChecking YES\nConnectTimeout 7\nIdentityAgent none\n"),
    case("lic1", "IdentityAgent /run/%i/100%%/agent\n"),
    case("lic1", "IdentityAgent ~/agent_%r\nPreferredAuthentications password,publickey,gssapi-with-mic\n"),
    case("lic1", "IdentityAgent SSH_AUTH_SOCK\nPasswordAuthentication no\nPubkeyAuthentication no\n"),
    case("lic1", "IdentityAgent $NO_SUCH_VARIABLE\nChallengeResponseAuthentication no\n"),
    case(
        "lic1",
        "IdentityAgent ${HOME}/agent\nKbdInteractiveAuthentication no\nPubkeyAuthentication unbound\n",
    ),
    case("lic1", "IgnoreUnknown Use*,Foo\nUseKeychains yes\nFoo bar\nPort 5\n"),
    case("lic1", "ForwardAgent yes\nServerAliveInterval 30\nSendEnv LANG LC_*\nLocalForward 1 a:2\nPort 5\n"),
];

/// Both have to refuse.
pub(super) const REFUSED: &[Case] = &[
    case("lic1", "Port 70000\n"),
    case("lic1", "Port\n"),
    case("lic1", "Host other\nPort 70000\n"),
    case("lic1", "StrictHostKeyChecking maybe\n"),
    case("lic1", "ConnectTimeout 1x\n"),
    case("lic1", "BatchMode perhaps\n"),
    case("lic1", "User a b\n"),
    case("lic1", "User \"a\n"),
    case("lic1", "UserKnownHostsFile /a none\n"),
    case("lic1", "UserKnownHostsFile ${NO_SUCH_VARIABLE}/a\n"),
    case("lic1", "UserKnownHostsFile ~no-such-account/a\n"),
    case("lic1", "HostName %n.example.com\n"),
    case("lic1", "UserKnownHostsFile /a/%y\n"),
    case("lic1", "ProxyJump gate:x\n"),
    case("lic1", "ProxyJump a,,b\n"),
    case("lic1", "Match host\n"),
    case("lic1", "Match\n"),
    case("lic1", "Match host =\n"),
    case("lic1", "Match host = # lic1\n"),
    case("lic1", "Match all host lic1\n"),
    case("lic1", "Match host lic1 user bob all\n"),
    case("lic1", "Match weather fine\n"),
    case("lic1", "Match final all host lic1\n"),
    case("lic1", "Match host lic1 Port 5\n"),
    case("lic1", "Match exec \n"),
    case("lic1", "Match \"host lic1\"\n"),
    case("lic1", "Host other\nUser \"a\n"),
    case("lic1", "Port \"5\n"),
    case("lic1", "ConnectTimeout -1\n"),
    case("lic1", "Port=5=6\n"),
    case("lic1", "User=\n"),
    case("lic1", "IdentityFile = /c =\n"),
    case("lic1", "IdentityFile /a /b\n"),
    case("lic1", "HostKeyAlias a b\n"),
    case("lic1", "Match final exec\n"),
    case("lic1", "Host\n"),
    case("lic1", "Include\n"),
    case("lic1", "Include {dir}/itself\n"),
    case("lic1", "Host *\nProxyJump lic1\n"),
    case("gate", "Host *\nProxyJump gate\n"),
];

/// Files beside the configuration.
pub(super) const FILES: &[(&str, &str)] = &[
    ("one", "User one\nPort 1\n"),
    ("hosts", "User outer\nHost lic1\nPort 2\nHost nowhere\nHostKeyAlias nowhere\n"),
    ("blocks", "HostName real\nMatch host real\nUser inner\nHost nowhere\nPort 9\n"),
    ("last", "Match final all\nUser last\nHost other\nPort 9\n"),
    ("itself", "Include {dir}/itself\n"),
    ("d/b.conf", "User b\nIdentityFile /b\n"),
    ("d/a.conf", "Host lic1\nUser a\nIdentityFile /a\n"),
    ("d/.c.conf", "User hidden\n"),
    ("d/d.txt", "Port 4\n"),
];
