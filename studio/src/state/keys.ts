/** What the keys of a player do, unless they are meant for a field or a button that has the focus. */

export type Deed = "toggle" | "back" | "on" | "previous" | "next" | "start" | "edit" | "undo";

type Pressed = Pick<
  KeyboardEvent,
  "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey" | "defaultPrevented"
>;

export function deedOf(pressed: Pressed, focused: { tagName: string } | null): Deed | null {
  if (pressed.defaultPrevented || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const tag = focused?.tagName ?? "BODY";
  if (tag === "INPUT" || tag === "SELECT" || tag === "TEXTAREA") return null;
  switch (pressed.key) {
    case " ":
      // A button that has the focus is pressed by it.
      return tag === "BUTTON" || tag === "A" ? null : "toggle";
    case "ArrowLeft":
      return pressed.shiftKey ? "previous" : "back";
    case "ArrowRight":
      return pressed.shiftKey ? "next" : "on";
    case "p":
      return "previous";
    case "n":
      return "next";
    case "e":
      return "edit";
    case "z":
      return "undo";
    case "Home":
      return "start";
    default:
      return null;
  }
}
