// The lines, newest at the bottom; scrolls along unless the reader has scrolled up. Of many lines only those in sight exist.

import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, type RefObject, useCallback, useLayoutEffect, useRef } from 'react'
import { language, t } from '../../languages/text.ts'

/** As many lines a browser draws without an effort, and its own search finds all of them. */
const DRAWN_AT_ONCE = 200

const NEAR_BOTTOM_PX = 30
/** As page.css has them. A line that is wrapped is measured when it comes into sight. */
const ROW_PX = 19
const PADDING_PX = 3

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
  const lastTop = useRef(0)
  const isLong = lines.length > DRAWN_AT_ONCE
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
        const isNear = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX
        // Lines that are added or measured move the bottom away; only the reader scrolls up.
        if (isNear || scrollTop < lastTop.current) atBottom.current = isNear
        lastTop.current = scrollTop
      }}
    >
      {isLong ? (
        <LinesInSight lines={lines} box={box} isFollowing={() => follow && atBottom.current} />
      ) : (
        <AllLines lines={lines} box={box} isFollowing={() => follow && atBottom.current} />
      )}
    </div>
  )
}

interface LinesProps {
  readonly lines: readonly ShownLine[]
  readonly box: RefObject<HTMLDivElement | null>
  /** Whether the newest line is to be in sight. */
  readonly isFollowing: () => boolean
}

function AllLines({ lines, box, isFollowing }: LinesProps) {
  const last = lines.at(-1)?.seq
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the newest line changes
  useLayoutEffect(() => {
    if (box.current && isFollowing()) box.current.scrollTop = box.current.scrollHeight
  }, [last, lines.length])
  return lines.map((line) => <Line key={line.seq} line={line} />)
}

function LinesInSight({ lines, box, isFollowing }: LinesProps) {
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    // The same functions as long as the lines are the same: otherwise all sizes would be computed at each scroll.
    estimateSize: useCallback((index: number) => PADDING_PX + ROW_PX * rowsOf(lines[index]), [lines]),
    getItemKey: useCallback((index: number) => lines[index]?.seq ?? index, [lines]),
    overscan: 12,
    useFlushSync: false,
  })
  const height = rows.getTotalSize()
  const last = lines.at(-1)?.seq
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the newest line changes, or lines were measured
  useLayoutEffect(() => {
    if (box.current && isFollowing()) box.current.scrollTop = box.current.scrollHeight
  }, [last, height])
  return (
    <div className="log-lines" style={{ height }}>
      {rows.getVirtualItems().map(({ index, key, start }) => {
        const line = lines[index]
        return (
          line !== undefined && (
            <div
              key={key}
              ref={rows.measureElement}
              data-index={index}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Line line={line} />
            </div>
          )
        )
      })}
    </div>
  )
}

function rowsOf(line: ShownLine | undefined): number {
  if (line === undefined) return 1
  return 1 + breaksIn(line.message) + (line.stack === undefined ? 0 : 1 + breaksIn(line.stack))
}

function breaksIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

const hours = new Intl.DateTimeFormat(language, { timeStyle: 'medium', hour12: false })
const moments = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' })

const Line = memo(function Line({ line }: { readonly line: ShownLine }) {
  const time = new Date(line.time)
  return (
    <div className="log-line" data-level={line.level}>
      <time dateTime={line.time} title={moments.format(time)}>
        {hours.format(time)}
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
