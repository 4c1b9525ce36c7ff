/** The settings of an approach, as its JSON Schema tells them: fields to be filled in, and what was changed. */

import type { Approach } from "../api/client";

export type Value = string | number | boolean | null | string[];

export interface Field {
  name: string;
  /** In the API's own language. */
  description: string;
  kind: "number" | "whole" | "choice" | "several" | "switch" | "text";
  /** Of `choice` and `several`: what there is to choose. */
  options: string[];
  min: number | undefined;
  max: number | undefined;
  /** Whether it may be left empty. */
  optional: boolean;
}

interface Schema {
  type?: string;
  description?: string;
  enum?: string[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  anyOf?: Schema[];
  items?: Schema;
}

/** Return what may be set of an approach; the preset is chosen by itself. */
export function fieldsOf(approach: Pick<Approach, "settings">): Field[] {
  const properties = (approach.settings.properties ?? {}) as Record<string, Schema>;
  return Object.entries(properties)
    .filter(([name]) => name !== "preset")
    .map(([name, schema]) => fieldOf(name, schema));
}

function fieldOf(name: string, whole: Schema): Field {
  const schema = whole.anyOf?.find((one) => one.type !== "null") ?? whole;
  const options = schema.enum ?? schema.items?.enum ?? [];
  return {
    name,
    description: whole.description ?? "",
    kind: kindOf(schema),
    options,
    min: schema.minimum ?? schema.exclusiveMinimum,
    max: schema.maximum,
    optional: whole.anyOf?.some((one) => one.type === "null") ?? false,
  };
}

function kindOf(schema: Schema): Field["kind"] {
  if (schema.type === "array") return "several";
  if (schema.enum) return "choice";
  if (schema.type === "integer") return "whole";
  if (schema.type === "number") return "number";
  return schema.type === "boolean" ? "switch" : "text";
}

/** Return what a number field holds; empty, or no number: null. */
export function numberOf(text: string): number | null {
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? null : value;
}

/** Return the settings that differ from the preset's, and are set at all. */
export function changed(
  edited: Record<string, Value>,
  preset: Record<string, unknown>,
  fields: Pick<Field, "name" | "optional">[],
): Record<string, Value> {
  const optional = new Set(fields.filter((field) => field.optional).map((field) => field.name));
  return Object.fromEntries(
    Object.entries(edited).filter(
      ([name, value]) =>
        JSON.stringify(value) !== JSON.stringify(preset[name]) && (value !== null || optional.has(name)),
    ),
  );
}
