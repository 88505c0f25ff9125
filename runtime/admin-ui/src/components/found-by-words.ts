// What a search finds: texts that have all of its words, in whatever case and order.

/** Whether it is found, given its texts. */
export type Finder = (...texts: readonly unknown[]) => boolean

/** An empty search finds everything. */
export function finder(search: string): Finder {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return () => true
  return (...texts) => {
    const text = texts.join('\n').toLocaleLowerCase()
    return words.every((word) => text.includes(word))
  }
}
