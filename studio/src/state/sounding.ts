/** A short sound at a time, played to its end. */

export interface Player {
  /** Play from the beginning, in the place of what sounds; tells whether that failed, or a newer one came. */
  play(path: string, over: () => void): Promise<boolean>;
  stop(): void;
}

/** Return a player; `begins` is told before each sound, so that no other one sounds meanwhile. */
export function soundPlayer(begins: () => void): Player {
  const audio = new Audio();
  return {
    async play(path, over) {
      begins();
      audio.onended = over;
      audio.src = path;
      return audio.play().then(
        () => false,
        () => audio.error !== null,
      );
    },
    stop: () => audio.pause(),
  };
}
