//! Events of the YAML parser → tree, within a budget.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use saphyr_parser::{Event, ScalarStyle, Tag};

use super::{
    node::{Entry, Kind, Map, Node, Scalar, Span},
    parser::{Duplicate, Parsed, Stop},
};
use crate::spec::{codes, path::FieldPath};

/// How many values there may be, aliases followed: three times what that pipeline has.
const MAX_NODES: usize = 500_000;

/// How many bytes all scalars may have, aliases followed.
const MAX_SCALARS: usize = 64 << 20;

/// How deep values may be nested. Configuration of components needs a dozen.
const MAX_DEPTH: usize = 64;

/// Takes the events of one text.
#[derive(Default)]
pub(super) struct TreeBuilder {
    root: Option<Node>,
    documents: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    scalar_bytes: usize,
    duplicates: Vec<Duplicate>,
}

#[derive(Clone)]
struct Anchored {
    node: Node,
    nodes: usize,
    bytes: usize,
    depth: usize,
}

/// A list or map that has not ended.
struct Open {
    anchor: usize,
    span: Span,
    content: Content,
    nodes_before: usize,
    bytes_before: usize,
    /// How deep the deepest value inside is.
    depth: usize,
}

enum Content {
    List(Vec<Node>),
    Map {
        map: Map,
        /// The keys so far, once there are too many to look through.
        keys: HashSet<String>,
        key: Option<Key>,
        merges: Vec<Node>,
    },
}

/// A key whose value has not come yet.
struct Key {
    name: String,
    span: Span,
    /// Whether it stands for the entries of another map (`<<`, not in quotes).
    merges: bool,
    /// Whether the map has it already; its value is then left out.
    again: bool,
}

impl TreeBuilder {
    /// What has been built when all events have come.
    pub(super) fn finish(self) -> Parsed {
        Parsed {
            root: self.root,
            duplicates: self.duplicates,
        }
    }

    pub(super) fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a second document begins here; a text describes one pipeline";
                    return Err(Stop::new(codes::DOCUMENTS, span, message));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag, span),
            Event::SequenceStart(anchor, tag) => self.begin(
                anchor,
                tag.as_deref(),
                "seq",
                span,
                Content::List(Vec::new()),
            ),
            Event::MappingStart(anchor, tag) => {
                let content = Content::Map {
                    map: Map::default(),
                    keys: HashSet::new(),
                    key: None,
                    merges: Vec::new(),
                };
                self.begin(anchor, tag.as_deref(), "map", span, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, span),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        span: Span,
    ) -> Result<(), Stop> {
        let mut plain = style == ScalarStyle::Plain;
        if let Some(tag) = tag {
            match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
                (true, "str") => plain = false,
                (true, "int" | "float" | "bool" | "null") => {}
                _ => return Err(refuse_tag(&tag, span)),
            }
        }
        self.spend(1, text.len(), span)?;
        if let Some(Open {
            content:
                Content::Map {
                    map,
                    keys,
                    key: key @ None,
                    merges: bases,
                },
            ..
        }) = self.open.last_mut()
        {
            let name = text.into_owned();
            let merges = plain && name == "<<";
            let again = match merges {
                true => !bases.is_empty(),
                false => has_key(map, keys, &name),
            };
            *key = Some(Key {
                name: name.clone(),
                span,
                merges,
                again,
            });
            if again {
                let path = self.path();
                self.duplicates.push(Duplicate {
                    key: name,
                    path,
                    span,
                });
            }
            return Ok(());
        }
        // A block scalar begins at its `|`, but ends lines below.
        let node = Node {
            kind: Kind::Scalar(Scalar {
                text: text.into_owned(),
                plain,
            }),
            span,
        };
        if anchor > 0 {
            let bytes = node.text().map_or(0, str::len);
            self.spend(1, bytes, span)?;
            self.anchors.insert(
                anchor,
                Anchored {
                    node: node.clone(),
                    nodes: 1,
                    bytes,
                    depth: 0,
                },
            );
        }
        self.put(node, 0)
    }

    /// The path of the value that comes next.
    fn path(&self) -> FieldPath {
        self.open
            .iter()
            .fold(FieldPath::root(), |path, open| match &open.content {
                Content::List(list) => path.index(list.len()),
                Content::Map { key: Some(key), .. } => path.key(&key.name),
                Content::Map { key: None, .. } => path,
            })
    }

    fn begin(
        &mut self,
        anchor: usize,
        tag: Option<&Tag>,
        own_tag: &str,
        span: Span,
        content: Content,
    ) -> Result<(), Stop> {
        if let Some(tag) = tag
            && !(tag.is_yaml_core_schema() && tag.suffix == own_tag)
        {
            return Err(refuse_tag(tag, span));
        }
        if let Some(Open {
            content: Content::Map { key: None, .. },
            ..
        }) = self.open.last()
        {
            let message = "a key must be a text, not a list or a map";
            return Err(Stop::new(codes::YAML_FEATURE, span, message));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        let (nodes_before, bytes_before) = (self.nodes, self.scalar_bytes);
        self.spend(1, 0, span)?;
        self.open.push(Open {
            anchor,
            span,
            content,
            nodes_before,
            bytes_before,
            depth: 0,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let kind = match open.content {
            Content::List(list) => Kind::List(list),
            Content::Map {
                mut map, merges, ..
            } => {
                for merge in merges {
                    merge_into(&mut map, merge)?;
                }
                Kind::Map(map)
            }
        };
        let node = Node {
            kind,
            span: open.span,
        };
        let depth = open.depth + 1;
        if open.anchor > 0 {
            let nodes = self.nodes - open.nodes_before;
            let bytes = self.scalar_bytes - open.bytes_before;
            // The copy that is kept for aliases takes room too.
            self.spend(nodes, bytes, open.span)?;
            self.anchors.insert(
                open.anchor,
                Anchored {
                    node: node.clone(),
                    nodes,
                    bytes,
                    depth,
                },
            );
        }
        self.put(node, depth)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        if let Some(Open {
            content: Content::Map { key: None, .. },
            ..
        }) = self.open.last()
        {
            let message = "a key must be written out; here is an alias";
            return Err(Stop::new(codes::YAML_FEATURE, span, message));
        }
        let Some(anchored) = self.anchors.get(&anchor) else {
            let message = "this alias stands inside of what it stands for";
            return Err(Stop::new(codes::YAML_FEATURE, span, message));
        };
        let Anchored {
            nodes,
            bytes,
            depth,
            ..
        } = *anchored;
        if self.open.len() + depth > MAX_DEPTH {
            return Err(too_deep(span));
        }
        // Paid for before it is copied.
        self.spend(nodes, bytes, span)?;
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Ok(());
        };
        let node = anchored.node.clone();
        self.put(node, depth)
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, node: Node, depth: usize) -> Result<(), Stop> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.depth = open.depth.max(depth);
        match &mut open.content {
            Content::List(list) => list.push(node),
            Content::Map {
                map, key, merges, ..
            } => match key.take() {
                Some(Key { again: true, .. }) => {}
                Some(Key { merges: true, .. }) => merges.push(node),
                Some(Key { name, span, .. }) => {
                    map.0.push(Entry {
                        key: name,
                        key_span: span,
                        value: node,
                    });
                }
                None => {
                    let message = "a key must be a text, not a list or a map";
                    return Err(Stop::new(codes::YAML_FEATURE, node.span, message));
                }
            },
        }
        Ok(())
    }

    fn spend(&mut self, nodes: usize, bytes: usize, span: Span) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.scalar_bytes = self.scalar_bytes.saturating_add(bytes);
        if self.nodes > MAX_NODES {
            let message = format!("the text has more than {MAX_NODES} values, aliases followed");
            return Err(Stop::new(codes::TOO_LARGE, span, message));
        }
        if self.scalar_bytes > MAX_SCALARS {
            let message =
                format!("its values have more than {MAX_SCALARS} bytes, aliases followed");
            return Err(Stop::new(codes::TOO_LARGE, span, message));
        }
        Ok(())
    }
}

/// Whether the map has this key. Small maps are looked through, large ones keep a set.
fn has_key(map: &Map, keys: &mut HashSet<String>, name: &str) -> bool {
    const SMALL: usize = 16;
    if map.0.len() < SMALL {
        return map.get(name).is_some();
    }
    if keys.is_empty() {
        keys.extend(map.0.iter().map(|entry| entry.key.clone()));
    }
    !keys.insert(name.to_owned())
}

fn too_deep(span: Span) -> Stop {
    let message = format!("values are nested more than {MAX_DEPTH} deep");
    Stop::new(codes::TOO_LARGE, span, message)
}

fn refuse_tag(tag: &Tag, span: Span) -> Stop {
    let message = format!("the tag `{}{}` has no meaning here", tag.handle, tag.suffix);
    Stop::new(codes::YAML_FEATURE, span, message)
}

/// `<<: *base`: the entries of `base` that the map does not have itself.
fn merge_into(map: &mut Map, base: Node) -> Result<(), Stop> {
    let span = base.span;
    match base.kind {
        Kind::Map(base) => {
            let own: HashSet<String> = map.0.iter().map(|entry| entry.key.clone()).collect();
            map.0
                .extend(base.0.into_iter().filter(|entry| !own.contains(&entry.key)));
            Ok(())
        }
        Kind::List(list) => list.into_iter().try_for_each(|base| merge_into(map, base)),
        Kind::Scalar(_) => Err(Stop::new(
            codes::YAML_FEATURE,
            span,
            "`<<` needs a map, or a list of maps",
        )),
    }
}
