//! The package for Debian, installed on a fresh host as a user would.

mod support;

use std::path::Path;
use std::process::Command;

use support::{Lab, available};

#[test]
fn the_package_installs_works_and_goes_without_a_trace() {
    if !available() {
        return;
    }
    let lab = Lab::up("package", &["new=bookworm,192.0.2.10"]);
    let dist = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = Command::new(root.join("scripts/package.sh"))
        .arg(dist.path())
        .arg(env!("CARGO_BIN_EXE_upsctl"))
        .output()
        .expect("the script runs");
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success(), "{said}");
    let files = std::fs::read_dir(dist.path()).expect("a folder");
    let deb = files
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .expect("a package");
    let sums = Command::new("sha256sum")
        .args(["-c", "SHA256SUMS"])
        .current_dir(dist.path())
        .output()
        .expect("sha256sum runs");
    assert!(sums.status.success(), "{sums:?}");
    let target = lab.path().join("hosts/new/root/root/upsctl.deb");
    std::fs::copy(&deb, &target).expect("copied into the host");

    lab.sh("new", "dpkg -i /root/upsctl.deb").expect(0);
    let version = lab.sh("new", "upsctl --version").expect(0);
    assert_eq!(
        version.out.trim(),
        concat!("upsctl ", env!("CARGO_PKG_VERSION"))
    );
    lab.sh(
        "new",
        "upsctl -i /usr/share/doc/upsctl/examples/inventory check",
    )
    .expect(0);
    let listed = lab.sh("new", "dpkg -L upsctl").expect(0).out;
    for path in [
        "/usr/share/man/man1/upsctl.1",
        "/usr/share/man/man1/upsctl-deploy.1",
        "/usr/share/bash-completion/completions/upsctl",
        "/usr/share/zsh/vendor-completions/_upsctl",
        "/usr/share/fish/vendor_completions.d/upsctl.fish",
        "/usr/share/doc/upsctl/copyright",
    ] {
        assert!(listed.contains(path), "{path} is not in\n{listed}");
    }
    let completion = "cd /usr/share/doc/upsctl/examples && . /usr/share/bash-completion/completions/upsctl && \
        COMP_WORDS=(upsctl deploy '') COMP_CWORD=2 COMP_TYPE=9 && _clap_complete_upsctl upsctl '' deploy && echo ${COMPREPLY[@]}";
    let hosts = lab.sh(
        "new",
        &format!("bash -c \"{}\"", completion.replace('$', "\\$")),
    );
    assert!(hosts.out.contains("pve"), "{hosts:?}");
    lab.sh("new", "dpkg -P upsctl && ! find / -xdev -name '*upsctl*' -not -path '/proc/*' -not -path '/root/*' -not -path '/var/cache/*' | grep .")
        .expect(0);
}
