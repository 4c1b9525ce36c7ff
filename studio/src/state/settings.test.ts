import { expect, test } from "vitest";

import { changed, fieldsOf, numberOf } from "./settings";

const APPROACH = {
  settings: {
    properties: {
      preset: { type: "string" },
      optimizer: { type: "string", enum: ["adam", "sgd"], description: "Which." },
      learning_rate: { type: "number", exclusiveMinimum: 0, maximum: 1 },
      epochs: { type: "integer", minimum: 1, maximum: 10_000 },
      patience: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }], description: "Or none." },
      redraw: { type: "boolean" },
      metadata: { type: "array", items: { enum: ["tempo", "key"] } },
    },
  },
};

test("each setting has a field of its kind, with its bounds; the preset is none", () => {
  const fields = fieldsOf(APPROACH);
  expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
    ["optimizer", "choice"],
    ["learning_rate", "number"],
    ["epochs", "whole"],
    ["patience", "whole"],
    ["redraw", "switch"],
    ["metadata", "several"],
  ]);
  expect(fields[0]!.options).toEqual(["adam", "sgd"]);
  expect(fields.slice(1, 4).map(({ min, max, optional }) => [min, max, optional])).toEqual([
    [0, 1, false],
    [1, 10_000, false],
    [1, undefined, true],
  ]);
  expect(fields[3]!.description).toBe("Or none.");
  expect(fields[5]!.options).toEqual(["tempo", "key"]);
});

test("only what differs from the preset is asked for, and nothing only where that may be", () => {
  const preset = { optimizer: "adam", epochs: 60, patience: 8, learning_rate: 0.1, metadata: [] };
  const edited = { optimizer: "adam", epochs: 20, patience: null, learning_rate: null, metadata: ["key"] };
  expect(changed(edited, preset, fieldsOf(APPROACH))).toEqual({
    epochs: 20,
    patience: null,
    metadata: ["key"],
  });
});

test("an empty field holds no number", () => {
  expect([numberOf("0"), numberOf("2.5"), numberOf(" "), numberOf("x")]).toEqual([0, 2.5, null, null]);
});
