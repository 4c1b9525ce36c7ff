/** The demo songs, built into the bundle from `studio/songs`; a page built without them offers none. */

const FOUND = import.meta.glob<string>("../../songs/*.ogg", {
  query: "?url",
  import: "default",
  eager: true,
});

export interface DemoSong {
  name: string;
  url: string;
}

export const DEMO_SONGS: DemoSong[] = Object.entries(FOUND).map(([path, url]) => ({
  name: path.slice(path.lastIndexOf("/") + 1),
  url,
}));

/** Fetch demo songs as files, as if they had been dropped. */
export async function fetchSongs(songs: DemoSong[], fetcher: typeof fetch = fetch): Promise<File[]> {
  return Promise.all(
    songs.map(async ({ name, url }) => {
      const answer = await fetcher(url);
      if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`);
      return new File([await answer.blob()], name, { type: "audio/ogg" });
    }),
  );
}
