// Sizes of files, in the words of a language.

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

export function bytes(size: number, language: string): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, size)) / 3))
  const format = {
    style: 'unit',
    unit: UNITS[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  } as const
  return new Intl.NumberFormat(language, format).format(size / 1000 ** step)
}
