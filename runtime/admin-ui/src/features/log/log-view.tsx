// The lines, newest at the bottom; scrolls along unless the reader has scrolled up.

import { memo, useLayoutEffect, useRef } from 'react'
import { language, t } from '../../languages/text.ts'

/** A browser renders this many quickly; the filter searches all. */
const SHOWN = 1000

const NEAR_BOTTOM_PX = 30

/** Of a plugin or of a task. */
export interface ShownLine {
  readonly seq: number
  /** ISO 8601. */
  readonly time: string
  readonly level: string
  readonly message: string
  readonly stack?: string
  readonly requestId?: string
}

export interface LogViewProps {
  readonly lines: readonly ShownLine[]
  readonly follow: boolean
}

export function LogView({ lines, follow }: LogViewProps) {
  const box = useRef<HTMLDivElement>(null)
  const atBottom = useRef(true)
  const shown = lines.slice(-SHOWN)
  const last = shown.at(-1)?.seq
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the newest line changes
  useLayoutEffect(() => {
    if (box.current && follow && atBottom.current) box.current.scrollTop = box.current.scrollHeight
  }, [last, follow])
  return (
    <div
      ref={box}
      className="log"
      role="log"
      aria-label={t('Log')}
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atBottom.current = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX
      }}
    >
      {shown.map((line) => (
        <Line key={line.seq} line={line} />
      ))}
    </div>
  )
}

const Line = memo(function Line({ line }: { readonly line: ShownLine }) {
  const time = new Date(line.time)
  return (
    <div className="log-line" data-level={line.level}>
      <time dateTime={line.time} title={time.toLocaleString(language)}>
        {time.toLocaleTimeString(language, { hour12: false })}
      </time>
      <span className="log-level">{line.level}</span>
      <span className="log-text">
        {line.message}
        {line.stack && `\n${line.stack}`}
        {line.requestId && <span className="log-request"> [{line.requestId}]</span>}
      </span>
    </div>
  )
})
