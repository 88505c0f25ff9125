// An amount of bytes: a whole number, typed with a unit: "500MB" (1,000² bytes), "64MiB" (1,024² bytes), "0.5GB".

const POWERS = ['', 'k', 'm', 'g', 't'] as const
const LONGEST = 100

export function isBytes(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function readBytes(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > LONGEST) return value
  const found = /^(\d+(?:\.\d+)?) ?(?:([kmgt]?)(i?)b|([kmgt]))?$/.exec(value.trim().toLowerCase())
  if (found === null) return value
  const [, amount, prefix, binary, bare] = found
  // "i" alone is not a unit.
  if (binary === 'i' && prefix === '') return value
  const power = POWERS.indexOf((bare ?? prefix ?? '') as (typeof POWERS)[number])
  return Math.round(Number(amount) * (binary === 'i' ? 1024 : 1000) ** power)
}

/** The shortest text that means exactly this amount: "500MB", "64MiB", "1001B". */
export function writeBytes(value: number): string {
  for (let power = POWERS.length - 1; power > 0; power -= 1) {
    const prefix = POWERS[power] ?? ''
    const decimal = 1000 ** power
    const binary = 1024 ** power
    if (value >= decimal && value % decimal === 0)
      return `${value / decimal}${power === 1 ? 'k' : prefix.toUpperCase()}B`
    if (value >= binary && value % binary === 0) return `${value / binary}${prefix.toUpperCase()}iB`
  }
  return `${value}B`
}
