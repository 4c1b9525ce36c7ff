import { expect, test } from "vitest";

import { de } from "./de";
import { en } from "./en";
import { bestOf } from "./language.svelte";

test("the first language that both know is taken, whatever its region", () => {
  expect(bestOf(["", "fr-FR", "de-AT", "en-GB"])).toBe("de");
  expect(bestOf(["en-US", "de"])).toBe("en");
  expect(bestOf(["fr", "toString"])).toBe("en");
});

test("no sentence was left in the other language", () => {
  const same = Object.entries(en)
    .filter(([name, word]) => typeof word === "string" && word === de[name as keyof typeof de])
    .map(([name]) => name);
  // Names and words that both languages share.
  expect(same).toEqual(["tempoStep", "mrr"]);
});

test("no sentence about changes was left in the other language", () => {
  const same = Object.entries(en.mixing)
    .filter(([name, word]) => typeof word === "string" && word === de.mixing[name as keyof typeof de.mixing])
    .map(([name]) => name);
  expect(same).toEqual([]);
  for (const group of ["manners", "units"] as const) {
    expect(Object.keys(de.mixing[group]).sort()).toEqual(Object.keys(en.mixing[group]).sort());
  }
});

test("each language has words for every stage, veto and manner that the other has", () => {
  const groups = [
    ...(["stages", "stageStates", "vetoes", "manners", "timings"] as const),
    ...(["cutNames", "curveNames", "workerNames", "jobGoals", "jobStates", "jobTitles"] as const),
  ];
  for (const group of groups) {
    expect(Object.keys(de[group]).sort()).toEqual(Object.keys(en[group]).sort());
  }
});
