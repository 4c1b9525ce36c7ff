/** What lives as long as the page does. */

import { createApi } from "../api/client";
import { sendOver } from "../api/sending";
import { Access } from "./access.svelte";
import { Library } from "./library.svelte";
import { RadioSet } from "./radio.svelte";
import { Uploads } from "./uploads.svelte";

export const access = new Access();
export const api = createApi(access);
export const library = new Library(api);
export const uploads = new Uploads(sendOver(access), (song) => library.put(song));
/** Goes on from page to page, until something else is played. */
export const radio = new RadioSet(api, new Audio());
document.addEventListener("play", () => radio.stop(), true);
