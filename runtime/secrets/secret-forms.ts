// The forms in which a secret may come back from a server that got it: as it is, escaped, or encoded.
// Invariant: no form is so short that other texts contain it by chance.

/** Shorter values, and forms of them, occur in texts by chance. */
const SHORTEST = 8

/** Texts to look for. None for a value that is too short. */
export function textForms(value: string): readonly string[] {
  if (value.length < SHORTEST) return []
  const utf8 = Buffer.from(value)
  const forms = [
    value,
    // Names of hosts lose their case.
    value.toLowerCase(),
    // How headers with UTF-8 are read, and how the value was sent.
    utf8.toString('latin1'),
    JSON.stringify(value).slice(1, -1),
    JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/'),
    ...htmlForms(value),
    ...percentForms(value),
    ...[utf8, Buffer.from(value, 'latin1')].flatMap((bytes) => [
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      ...base64Forms(bytes),
    ]),
  ]
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST)
}

/** The bytes of these texts, as responses hold them. */
export function byteForms(value: string): readonly Buffer[] {
  const forms = textForms(value).flatMap((text) => [Buffer.from(text), Buffer.from(text, 'latin1')])
  return [...new Map(forms.map((bytes) => [bytes.toString('latin1'), bytes])).values()]
}

function htmlForms(value: string): readonly string[] {
  const basic = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return ['&#39;', '&#x27;', '&apos;'].map((quote) => basic.replaceAll('"', '&quot;').replaceAll("'", quote))
}

function percentForms(value: string): readonly string[] {
  const text = value.toWellFormed()
  const form = new URLSearchParams([['', text]]).toString().slice(1)
  return [encodeURI(text), encodeURIComponent(text), form].flatMap((encoded) => [
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  ])
}

/** Base64 of a longer text that holds the bytes somewhere: the characters that depend on them alone, for each of three offsets. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const inner = encoded.slice(Math.ceil((8 * offset) / 6), Math.floor((8 * (offset + bytes.length)) / 6))
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
