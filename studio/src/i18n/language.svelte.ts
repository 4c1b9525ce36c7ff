/** The language of the page: the browser's, until another is chosen here. */

import { de } from "./de";
import { en, type Dictionary } from "./en";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Locale = keyof typeof LANGUAGES;
const DICTIONARIES: Record<Locale, Dictionary> = { en, de };
const KEPT = "segue-language";

/** Return the first language that both know; English where there is none. */
export function bestOf(wanted: readonly string[]): Locale {
  const known = wanted.map((one) => one.slice(0, 2).toLowerCase()).find((one) => one in DICTIONARIES);
  return (known as Locale | undefined) ?? "en";
}

class Language {
  locale = $state<Locale>("en");

  get t(): Dictionary {
    return DICTIONARIES[this.locale];
  }

  start(): void {
    this.#set(bestOf([localStorage.getItem(KEPT) ?? "", ...navigator.languages]));
  }

  choose(locale: Locale): void {
    localStorage.setItem(KEPT, locale);
    this.#set(locale);
  }

  #set(locale: Locale): void {
    this.locale = locale;
    document.documentElement.lang = locale;
  }
}

export const language = new Language();
