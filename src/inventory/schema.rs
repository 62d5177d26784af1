//! The JSON Schema of the inventory, from the types of the model.

use std::sync::LazyLock;

use serde_json::Value as Json;

use crate::model::inventory::Inventory;

static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    let mut schema = schemars::schema_for!(Inventory).to_value();
    without_null(&mut schema);
    schema
});

/// The JSON Schema of the inventory: what editors complete by and what [`super::load`] checks by.
pub fn schema() -> &'static Json {
    &SCHEMA
}

/// Drops `null`, which TOML cannot write, from what is optional.
fn without_null(schema: &mut Json) {
    match schema {
        Json::Object(object) => {
            let null = |value: &Json| value == "null" || value["type"] == "null";
            if let Some(Json::Array(types)) = object.get_mut("type") {
                types.retain(|kind| !null(kind));
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".into(), only);
                }
            }
            if let Some(Json::Array(choices)) = object.get_mut("anyOf") {
                choices.retain(|choice| !null(choice));
                if let [Json::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            object.values_mut().for_each(without_null);
        }
        Json::Array(array) => array.iter_mut().for_each(without_null),
        _ => {}
    }
}
