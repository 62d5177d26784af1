//! stand-in
use crate::model::inventory::{Inventory, SecretSource};
use crate::model::secret::{Secret, SecretStore};
use std::collections::BTreeSet;
use std::path::Path;
pub fn fetch(i: &Inventory, _root: &Path, users: &BTreeSet<String>) -> anyhow::Result<SecretStore> {
    let mut s = SecretStore::default();
    for u in users {
        let src = i
            .users
            .get(u)
            .and_then(|x| x.password.clone())
            .or(i.secrets.password.clone());
        let v = match src {
            Some(SecretSource::Env(n)) => std::env::var(n.replace("{user}", u))?,
            Some(SecretSource::Literal(n)) => n,
            Some(SecretSource::Command(n)) => String::from_utf8(
                std::process::Command::new("sh")
                    .args(["-c", &n.replace("{user}", u)])
                    .output()?
                    .stdout,
            )?
            .trim()
            .into(),
            _ => anyhow::bail!("no password for {u}"),
        };
        s.insert(u.clone(), Secret::new(v));
    }
    Ok(s)
}
