// Bars of a day each, as SVG.

import type { Day } from '../../backend/visits.ts'

const WIDTH = 40
const HEIGHT = 120
const LABEL = 20

export function Chart({ days }: { readonly days: readonly Day[] }) {
  if (days.length === 0) return <p>No visits yet.</p>
  const most = Math.max(...days.map(({ count }) => count))
  const width = days.length * WIDTH
  return (
    <svg viewBox={`0 0 ${width} ${HEIGHT + LABEL}`} width={width} role="img" aria-label="Visits of each day">
      {days.map(({ date, count }, index) => {
        const height = (count / most) * (HEIGHT - LABEL)
        return (
          <g key={date} transform={`translate(${index * WIDTH} 0)`}>
            <rect x={4} y={HEIGHT - height} width={WIDTH - 8} height={height} rx={3} fill="currentColor" />
            <text x={WIDTH / 2} y={HEIGHT - height - 4} textAnchor="middle" fontSize={12} fill="currentColor">
              {count}
            </text>
            <text x={WIDTH / 2} y={HEIGHT + 14} textAnchor="middle" fontSize={10} fill="currentColor">
              {date.slice(5)}
            </text>
          </g>
        )
      })}
    </svg>
  )
}
