// Names of files in which packages have their license. A linker reads single files and cannot list a folder, so it tries these.

const STEMS = ['LICENSE', 'license', 'License', 'LICENCE', 'COPYING', 'NOTICE']
const ENDINGS = ['', '.md', '.txt', '-MIT', '-APACHE', '.MIT']
const NAMES = STEMS.flatMap((stem) => ENDINGS.map((ending) => `${stem}${ending}`))
const LICENSE = /^(?:licen[cs]e|copying|notice)(?:[.-][\w.-]*)?$/i

/** @param name without a folder */
export function isLicenseName(name: string): boolean {
  return LICENSE.test(name)
}

/** Reads the licenses at the top of a package; where a file system tells no cases apart, each once. */
export function readLicenses(read: (path: string) => unknown, place: string): void {
  const seen = new Set<string>()
  for (const name of NAMES)
    if (!seen.has(name.toLowerCase()) && read(`${place}/${name}`) !== undefined) seen.add(name.toLowerCase())
}
