/** Files out of what was dropped, folders opened; of folders only what looks like sound is taken. */

const SOUND = /\.(aac|aif|aiff|alac|flac|m4a|mp3|mp4|oga|ogg|opus|wav|wma)$/i;

/** Tell whether a file in a folder is worth sending; what was dropped by itself always is. */
export function looksLikeSound(file: Pick<File, "name" | "type">): boolean {
  return !file.name.startsWith(".") && (SOUND.test(file.name) || file.type.startsWith("audio/"));
}

export interface Gathered {
  files: File[];
  /** How many were left out: in folders what does not look like sound, anywhere what cannot be read. */
  skipped: number;
}

/** Return the files of a drop. Call it at once: browsers forget what was dropped after the event. */
export async function filesOf(dropped: DataTransfer): Promise<Gathered> {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return { files: [...dropped.files], skipped: 0 };
  const gathered: Gathered = { files: [], skipped: 0 };
  await take(entries, gathered, () => true);
  return gathered;
}

/** Return the files of a folder that was chosen in a dialogue. */
export function fromFolder(chosen: Iterable<File>): Gathered {
  const all = [...chosen];
  const files = all.filter(looksLikeSound);
  return { files, skipped: all.length - files.length };
}

/** Take the files that are wanted; of folders only what looks like sound is. */
async function take(
  entries: FileSystemEntry[],
  gathered: Gathered,
  isWanted: (file: File) => boolean,
): Promise<void> {
  for (const entry of entries) {
    if (entry.isDirectory) {
      const inside = await entriesOf(entry as FileSystemDirectoryEntry, gathered);
      await take(inside, gathered, looksLikeSound);
      continue;
    }
    const file = await fileOf(entry as FileSystemFileEntry);
    if (file && isWanted(file)) gathered.files.push(file);
    else gathered.skipped += 1;
  }
}

/** Return what is in a folder, as far as it can be read. */
async function entriesOf(folder: FileSystemDirectoryEntry, gathered: Gathered): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  // Browsers give a hundred at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => {
        gathered.skipped += 1;
        resolve([]);
      }),
    );
    if (some.length === 0) return all.sort((a, b) => a.name.localeCompare(b.name));
    all.push(...some);
  }
}

/** Return a file, or null where it cannot be read: one of many must not keep the others away. */
function fileOf(entry: FileSystemFileEntry): Promise<File | null> {
  return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}
