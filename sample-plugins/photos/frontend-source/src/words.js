// Sizes and times as people write them.

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte']

export function bytes(count) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3))
  const value = count / 1000 ** step
  const options = { style: 'unit', unit: UNITS[step], maximumFractionDigits: value < 10 && step > 0 ? 1 : 0 }
  return new Intl.NumberFormat(undefined, options).format(value)
}

export const day = (time) => new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' })
