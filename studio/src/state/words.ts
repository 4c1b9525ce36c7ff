/** Times and sizes as text. */

/** 83 is 1:23, 3723 is 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(rest).padStart(2, "0")}`;
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** Bytes in the unit that leaves a number people can read. */
export function bytes(size: number, locale: string): string {
  const [unit, power] = size < 1e6 ? (["kB", 1e3] as const) : (["MB", 1e6] as const);
  const digits = size / power < 10 ? 1 : 0;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(size / power)} ${unit}`;
}

/** Return the whole number from 0 to a highest one that was meant; what is no number is 0. */
export function wholeWithin(value: number, most: number): number {
  return Math.min(most, Math.max(0, Math.trunc(value) || 0));
}

export function decimal(value: number, digits: number, locale: string): string {
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** The same with its sign, as differences are told. */
export function signed(value: number, digits: number, locale: string): string {
  const options = {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: "exceptZero",
  } as const;
  return new Intl.NumberFormat(locale, options).format(value);
}

/** A moment by its day and time, without the year. */
export function dayAndTime(instant: string, locale: string): string {
  const options = { day: "numeric", month: "short", hour: "numeric", minute: "numeric" } as const;
  return new Intl.DateTimeFormat(locale, options).format(new Date(instant));
}

/** A text that no two requests share, over plain HTTP too, where `crypto.randomUUID` is not to be had. */
export function drawn(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
