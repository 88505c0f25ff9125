// A duration: a whole number of milliseconds, typed with units: "90s", "1h30m", "1.5d".

const MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
const LONGEST = 100

export function isDuration(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function readDuration(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > LONGEST) return value
  const text = value.trim()
  if (/^\d+$/.test(text)) return Number(text)
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[wdhms]) ?)+$/.test(text)) return value
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g))
    sum += Number(amount) * MS[unit as keyof typeof MS]
  return Math.round(sum)
}

/** "1h30m" for 5,400,000. */
export function writeDuration(value: number): string {
  let rest = value
  let text = ''
  for (const [unit, ms] of Object.entries(MS)) {
    const amount = Math.floor(rest / ms)
    if (amount === 0) continue
    text += `${amount}${unit}`
    rest -= amount * ms
  }
  return text === '' ? '0s' : text
}
