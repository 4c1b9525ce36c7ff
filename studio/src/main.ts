import { mount } from "svelte";

import App from "./App.svelte";
import "./base.css";
import { language } from "./i18n/language.svelte";
import "./tokens.css";

language.start();
mount(App, { target: document.getElementById("app")! });
