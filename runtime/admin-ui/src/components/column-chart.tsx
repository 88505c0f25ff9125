// A column for each of some points in time, in SVG. Readers who cannot see it get the same figures in a table beside it.

export interface Column {
  readonly value: number
  /** When, and how much: shown to who points at it. */
  readonly label: string
}

export interface ColumnChartProps {
  /** Oldest first. */
  readonly columns: readonly Column[]
  /** So many have a place; where there are fewer, the first places stay empty. */
  readonly places: number
  /** Flat below it, so that noise does not look like a storm. */
  readonly least: number
  /** What it shows, in a sentence. */
  readonly label: string
}

const STEP = 10
const GAP = 2
const HEIGHT = 100

export function ColumnChart({ columns, places, least, label }: ColumnChartProps) {
  const top = Math.max(least, ...columns.map(({ value }) => value))
  const begin = (places - columns.length) * STEP
  return (
    <svg
      className="column-chart"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${places * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      {columns.map(({ value, label: title }, index) => {
        const height = (value / top) * HEIGHT
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a column has no more than its place
          <g key={index} transform={`translate(${begin + index * STEP})`}>
            <title>{title}</title>
            <rect className="column-chart-place" width={STEP} height={HEIGHT} />
            <rect x={GAP / 2} y={HEIGHT - height} width={STEP - GAP} height={height} />
          </g>
        )
      })}
    </svg>
  )
}
