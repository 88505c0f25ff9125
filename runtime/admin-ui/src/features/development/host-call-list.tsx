// The host calls of one call, in order, each as a bar in the time of the call.

import { Code, Text } from '@mantine/core'
import type { RecordedHostCall } from '../../../../../sdk/api/recordings.ts'
import { number, t } from '../../languages/text.ts'
import { OutcomeBadge } from './outcome-badge.tsx'

export interface HostCallListProps {
  readonly calls: readonly RecordedHostCall[]
  /** Milliseconds of the call; null while it runs. */
  readonly total: number | null
}

export function HostCallList({ calls, total }: HostCallListProps) {
  const end = Math.max(total ?? 0, 0.01, ...calls.map(({ afterMs, ms }) => afterMs + (ms ?? 0)))
  return (
    <ol className="host-calls" aria-label={t('Host calls')}>
      {calls.map((call, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows at its end
        <Row key={index} call={call} end={end} />
      ))}
    </ol>
  )
}

function Row({ call, end }: { readonly call: RecordedHostCall; readonly end: number }) {
  const { name, detail, afterMs, ms, outcome, message } = call
  const percent = (value: number) => `${Math.min(100, (100 * value) / end)}%`
  return (
    <li data-host-call={name}>
      <div className="host-call-what">
        <div dir="ltr">
          <Code>{name}</Code>{' '}
          <Text span size="xs" c="dimmed" className="long-value">
            {detail}
          </Text>
        </div>
        {message !== undefined && (
          <Text size="xs" c="red" className="long-value" dir="auto">
            {message}
          </Text>
        )}
      </div>
      <OutcomeBadge outcome={outcome} />
      <div className="host-call-time">
        <Text size="xs">{ms === null ? '' : t('{value} ms', { value: number(ms) })}</Text>
        <div className="call-bar" aria-hidden dir="ltr">
          <span style={{ marginLeft: percent(afterMs), width: percent(ms ?? end - afterMs) }} />
        </div>
      </div>
    </li>
  )
}
