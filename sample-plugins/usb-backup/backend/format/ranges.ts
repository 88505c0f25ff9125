// A set of whole numbers as text: "0-99,105". Which objects of a pack a snapshot needs is mostly all of them.

export function writeRanges(numbers: Iterable<number>): string {
  const ranges: { first: number; last: number }[] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const open = ranges.at(-1)
    if (open !== undefined && number <= open.last + 1) open.last = number
    else ranges.push({ first: number, last: number })
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

/** A list names an object that its pack does not have, or no object at all. */
export class WrongRange extends Error {}

/**
 * @param count how many objects the pack has
 * @throws WrongRange
 */
export function readRanges(text: string, count: number): readonly number[] {
  if (text === '') return []
  return text.split(',').flatMap((range) => {
    const [, first = '', last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (first === '' || to < from || to >= count) throw new WrongRange(`"${range}" is no range of objects`)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}
