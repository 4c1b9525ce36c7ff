import { expect, test } from "vitest";

import { deedOf } from "./keys";

test("keys play, unless they are meant for what has the focus", () => {
  const press = (key: string, more = {}) => ({
    key,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    defaultPrevented: false,
    ...more,
  });
  expect(deedOf(press(" "), { tagName: "BODY" })).toBe("toggle");
  // The focus is there when a page was just turned to.
  expect(deedOf(press(" "), { tagName: "MAIN" })).toBe("toggle");
  expect(deedOf(press(" "), { tagName: "BUTTON" })).toBeNull();
  expect(deedOf(press("ArrowRight"), { tagName: "BUTTON" })).toBe("on");
  expect(deedOf(press("ArrowRight", { shiftKey: true }), null)).toBe("next");
  expect(deedOf(press("e"), null)).toBe("edit");
  expect(deedOf(press("z"), null)).toBe("undo");
  expect(deedOf(press("z", { ctrlKey: true }), null)).toBeNull();
  expect(deedOf(press("n"), { tagName: "INPUT" })).toBeNull();
  expect(deedOf(press("p", { ctrlKey: true }), null)).toBeNull();
  expect(deedOf(press("ArrowLeft", { defaultPrevented: true }), null)).toBeNull();
});
