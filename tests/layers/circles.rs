//! Which file takes what from which other, and the circles among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module by its names from the root of the crate: `["nut", "conf"]`.
type Module = Vec<String>;

/// What a file takes from elsewhere, and what it only hands on.
#[derive(Default)]
struct Taken {
    /// Paths as they are written.
    paths: Vec<Vec<String>>,
    /// `pub use`: the name under which, and the path.
    handed_on: BTreeMap<String, Vec<String>>,
}

/// The files of a crate, with what each takes.
struct Crate(BTreeMap<Module, Taken>);

/// Circles among the files of one layer: each takes, over others, from itself. What a part of a folder
/// takes from the folder's own file does not count: the two are one.
pub fn circles<'a>(files: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Vec<Vec<String>> {
    let files = files.into_iter();
    let texts: BTreeMap<Module, String> = files
        .map(|(path, text)| (module(path), code(text)))
        .filter(|(module, _)| module.iter().all(|name| !name.ends_with("tests")))
        .collect();
    let taken = texts.iter().map(|(module, text)| {
        let parts = texts
            .keys()
            .filter(|other| other.split_last().is_some_and(|(_, up)| up == module));
        let parts: BTreeSet<&str> = parts
            .filter_map(|part| part.last())
            .map(String::as_str)
            .collect();
        (module.clone(), taken(text, &parts))
    });
    Crate(taken.collect()).circles()
}

/// `src/nut/conf/mod.rs` is `nut::conf`.
fn module(path: &Path) -> Module {
    let names = path.with_extension("");
    let mut names: Module = names
        .iter()
        .skip(1)
        .map(|name| name.to_string_lossy().into())
        .collect();
    if names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    names
}

/// Without comments, and without the unit tests at the end.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end]
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

fn taken(text: &str, parts: &BTreeSet<&str>) -> Taken {
    let mut taken = Taken::default();
    let mut body = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("use ") {
        let (before, from) = rest.split_at(at);
        let line = before.rsplit('\n').next().unwrap_or_default().trim();
        let is_use = line.is_empty() || line.starts_with("pub");
        let end = from.find(';').filter(|_| is_use).unwrap_or(3);
        body.push_str(before);
        if is_use {
            let mut paths = Vec::new();
            expand(
                &[],
                &from[4..end]
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
                &mut paths,
            );
            for (name, path) in paths {
                match line.is_empty() {
                    true => taken.paths.push(path),
                    false => drop(taken.handed_on.insert(name, path)),
                }
            }
        }
        rest = &from[end..];
    }
    body.push_str(rest);
    taken.paths.extend(named_in(&body, parts));
    taken
}

/// The paths of a `use`, with the name each is known by.
fn expand(before: &[String], tree: &str, out: &mut Vec<(String, Vec<String>)>) {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let head = head
            .split("::")
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let before: Vec<String> = before
            .iter()
            .cloned()
            .chain(head.map(String::from))
            .collect();
        let group = group.strip_suffix('}').unwrap_or(group);
        let (mut depth, mut from) = (0, 0);
        for (at, char) in group.char_indices() {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&before, &group[from..at], out);
                    from = at + 1;
                }
                _ => {}
            }
        }
        expand(&before, &group[from..], out);
    } else if !tree.is_empty() {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, tree));
        let path = path.split("::").map(|name| name.trim().to_string());
        let path: Vec<String> = before.iter().cloned().chain(path).collect();
        let name = name.rsplit("::").next().unwrap_or(name).trim();
        out.push((name.to_string(), path));
    }
}

/// The paths in code that begin at the root, at the folder above, or at a part of the file's own folder.
fn named_in(body: &str, parts: &BTreeSet<&str>) -> Vec<Vec<String>> {
    let words = body.split(|char: char| !char.is_alphanumeric() && !"_:".contains(char));
    let paths = words.filter(|word| word.contains("::") && !word.starts_with(':'));
    let paths = paths.map(|word| word.split("::").map(String::from).collect::<Vec<_>>());
    let starts = |path: &Vec<String>| {
        ["crate", "super", "self"].contains(&path[0].as_str()) || parts.contains(path[0].as_str())
    };
    paths.filter(starts).collect()
}

impl Crate {
    /// From the root on, as a path reads in a module.
    fn starting_in_root(&self, module: &Module, path: &[String]) -> Vec<String> {
        let mut here = module.clone();
        let mut path = path;
        match path.first().map(String::as_str) {
            Some("crate") => return path[1..].to_vec(),
            Some("self") => path = &path[1..],
            _ => {
                while path.first().is_some_and(|name| name == "super") {
                    here.pop();
                    path = &path[1..];
                }
            }
        }
        here.extend(path.iter().cloned());
        here
    }

    /// The file that a path leads to, over the files that only hand it on.
    fn file_of(&self, path: &[String], steps: usize) -> Option<Module> {
        let longest = (1..=path.len())
            .rev()
            .find(|length| self.0.contains_key(&path[..*length]))?;
        let module = path[..longest].to_vec();
        let handed_on = path
            .get(longest)
            .and_then(|name| self.0[&module].handed_on.get(name));
        match handed_on {
            Some(on) if steps > 0 => self.file_of(&self.starting_in_root(&module, on), steps - 1),
            _ => Some(module),
        }
    }

    /// The other files of its layer that a file takes from.
    fn edges(&self, from: &Module) -> BTreeSet<Module> {
        let paths = self.0[from].paths.iter();
        let to = paths.filter_map(|path| self.file_of(&self.starting_in_root(from, path), 8));
        to.filter(|to| to != from && to[0] == from[0] && !from.starts_with(to))
            .collect()
    }

    fn circles(&self) -> Vec<Vec<String>> {
        let edges: BTreeMap<&Module, BTreeSet<Module>> =
            self.0.keys().map(|from| (from, self.edges(from))).collect();
        let reached = |from: &Module| {
            let mut all = BTreeSet::new();
            let mut open: Vec<&Module> = edges[from].iter().collect();
            while let Some(next) = open.pop() {
                if all.insert(next) {
                    open.extend(&edges[next]);
                }
            }
            all
        };
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            edges.keys().map(|from| (*from, reached(from))).collect();
        let mut circles = BTreeSet::new();
        for (from, all) in &reached {
            let back = all.iter().filter(|other| reached[**other].contains(from));
            let circle: Vec<String> = back.map(|module| module.join("::")).collect();
            if !circle.is_empty() {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }
}
