// Tags of languages (BCP 47).

/** The canonical form of a tag: "fr-CA" of "fr-ca". Undefined for what is not a tag. */
export function canonicalTag(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    // A RangeError: not a tag.
    return undefined
  }
}
