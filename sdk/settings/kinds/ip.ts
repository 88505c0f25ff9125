// An IP address of version 4 or 6, without a zone.

const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
/** The longest text of an address of version 6, with a dotted end. */
const LONGEST = 45

export function isIp(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > LONGEST) return false
  return V4.test(value) || v6Of(value) !== undefined
}

/** In the usual short form: "FD00:0::1" becomes "fd00::1". */
export function tidyIp(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > 2 * LONGEST) return value
  const text = value.trim()
  return v6Of(text) ?? text
}

function v6Of(text: string): string | undefined {
  if (!/^[\da-f:.]+$/i.test(text) || !text.includes(':')) return undefined
  const address = `http://[${text}]/`
  return URL.canParse(address) ? new URL(address).hostname.slice(1, -1) : undefined
}
