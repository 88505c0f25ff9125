// A small line of how a figure has changed. Decorative: the figure beside it carries the value.

export interface SparklineProps {
  /** Oldest first. */
  readonly values: readonly number[]
  /** A flat line at the bottom below it, so that noise does not look like a storm. */
  readonly least: number
}

const WIDTH = 120
const HEIGHT = 28

export function Sparkline({ values, least }: SparklineProps) {
  const top = Math.max(least, ...values)
  const step = WIDTH / Math.max(1, values.length - 1)
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`,
  )
  return (
    <svg
      className="sparkline"
      aria-hidden="true"
      focusable="false"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      {points.length > 1 && (
        <>
          <polygon points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />
          <polyline points={points.join(' ')} />
        </>
      )}
    </svg>
  )
}
