/** What lives as long as the page does. */

import { createApi } from "../api/client";
import { patiently } from "../api/patience";
import { Kept, lineOver, sendInPieces } from "../api/pieces";
import { sendOver, type Send } from "../api/sending";
import { Access } from "./access.svelte";
import { Interrupted } from "./interrupted.svelte";
import { Library } from "./library.svelte";
import { RadioSet } from "./radio.svelte";
import { Uploads } from "./uploads.svelte";

export const access = new Access();
export const api = createApi(access);
export const library = new Library(api);

/** Larger files are sent in pieces. */
const LARGE_BYTES = 8_000_000;
const kept = new Kept();
const line = lineOver(access);
const whole = patiently(sendOver(access));
const inPieces = sendInPieces(line, kept, (id) => api.song(id));
const send: Send = (file, ...how) => (file.size > LARGE_BYTES ? inPieces : whole)(file, ...how);

export const uploads = new Uploads(send, (song) => library.put(song));
export const interrupted = new Interrupted(line, kept);
/** Goes on from page to page, until something else is played. */
export const radio = new RadioSet(api, new Audio());
document.addEventListener("play", () => radio.stop(), true);
