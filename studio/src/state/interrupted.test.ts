import { expect, test, vi } from "vitest";

import type { Problem } from "../api/client";
import type { Upload } from "../api/pieces";
import { Offline, ProblemError } from "../api/problems";
import { Interrupted } from "./interrupted.svelte";

const uploadOf = (id: string, song: string | null) =>
  ({ id, song, links: { self: `/${id}` } }) as unknown as Upload;

test("what is not whole is shown; what is whole or gone is forgotten, and what is unknown is kept", async () => {
  const look = vi.fn((path: string) => {
    if (path === "/gone") {
      return Promise.reject(new ProblemError({ status: 404, title: "", detail: "" } as Problem));
    }
    if (path === "/unknown") return Promise.reject(new Offline());
    return Promise.resolve(uploadOf(path.slice(1), path === "/whole" ? "song" : null));
  });
  const drop = vi.fn();
  const all = () => ({ a: "/half", b: "/whole", c: "/gone", d: "/unknown" });
  const interrupted = new Interrupted({ look, end: vi.fn() }, { all, drop });
  await interrupted.load();
  expect(interrupted.items.map(({ name, upload }) => [name, upload.id])).toEqual([["a", "half"]]);
  expect(drop.mock.calls.flat().sort()).toEqual(["/gone", "/whole"]);
});

test("one that is given up is gone at once, whether or not the gateway can be told", async () => {
  const end = vi.fn().mockRejectedValue(new Offline());
  const drop = vi.fn();
  const look = () => Promise.resolve(uploadOf("half", null));
  const interrupted = new Interrupted({ look, end }, { all: () => ({ a: "/half" }), drop });
  await interrupted.load();
  await interrupted.forget(interrupted.items[0]!);
  expect(interrupted.items).toEqual([]);
  expect(end).toHaveBeenCalledWith("/half");
  expect(drop).toHaveBeenCalledWith("/half");
});
