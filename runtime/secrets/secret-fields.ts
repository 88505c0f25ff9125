// Secrets as the value of one field of a query or a form, where a manifest names the field.
// Invariant: only a whole value of a field of that name is replaced; a placeholder anywhere else stays, to be refused.

export interface FieldText {
  readonly text: string
  /** The names of the secrets that it holds now. */
  readonly used: ReadonlySet<string>
}

/**
 * @param text of a query without "?", or of a form
 * @param secretOf the secret of a placeholder, with the name of its field; undefined where there is none
 */
export function fillFields(
  text: string,
  secretOf: (
    placeholder: string,
  ) => { readonly name: string; readonly value: string; readonly field: string | undefined } | undefined,
): FieldText {
  const used = new Set<string>()
  const pairs = text.split('&').map((pair) => {
    const at = pair.indexOf('=')
    const secret = at === -1 ? undefined : secretOf(pair.slice(at + 1))
    if (secret === undefined || !isField(pair.slice(0, at), secret.field)) return pair
    used.add(secret.name)
    return `${pair.slice(0, at)}=${encodeURIComponent(secret.value)}`
  })
  return { text: pairs.join('&'), used }
}

function isField(name: string, field: string | undefined): boolean {
  return field !== undefined && new URLSearchParams(`${name}=`).has(field)
}
