// One call: a line that opens. What is in it is made when it is opened.

import { Code, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { LogLine } from '../../../../../sdk/api/logs.ts'
import type { RecordedCall } from '../../../../../sdk/api/recordings.ts'
import { language, number, plural, t } from '../../languages/text.ts'
import { LogView } from '../log/log-view.tsx'
import { bytes } from '../plugin/usage-rows.ts'
import { HostCallList } from './host-call-list.tsx'
import { OutcomeBadge } from './outcome-badge.tsx'

export interface CallRowProps {
  readonly call: RecordedCall
  readonly lines: readonly LogLine[]
}

export function CallRow({ call, lines }: CallRowProps) {
  const [isOpen, setOpen] = useState(false)
  const { title, ms, hostCalls, moreHostCalls, startedAt, requestId } = call
  const isRequest = call.call !== 'none'
  const count = hostCalls.length + moreHostCalls
  return (
    <details
      className="call"
      data-call={requestId ?? 'none'}
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        {isRequest && <OutcomeBadge outcome={call.outcome} status={call.status} />}
        <span className="call-title">
          {isRequest ? <bdi>{title}</bdi> : t('While loading, or of no request')}
        </span>
        <span className="call-facts">
          {!call.reached && <span>{t('Did not reach the plugin')}</span>}
          {ms !== null && isRequest && <span>{t('{value} ms', { value: number(ms) })}</span>}
          {count > 0 && <span>{plural('{count} host call', '{count} host calls', { count })}</span>}
          {lines.length > 0 && (
            <span>{plural('{count} line', '{count} lines', { count: lines.length })}</span>
          )}
          <time dateTime={startedAt}>{new Date(startedAt).toLocaleTimeString(language)}</time>
        </span>
      </summary>
      {isOpen && <Opened call={call} lines={lines} />}
    </details>
  )
}

function Opened({ call, lines }: CallRowProps) {
  const { message, user, requestId, hostCalls, moreHostCalls } = call
  return (
    <Stack gap="sm" p="sm">
      {message !== undefined && (
        <Text size="sm" c="red" className="long-value" dir="auto">
          {message}
        </Text>
      )}
      <Group gap="sm">
        {(call.reached || user !== null) && (
          <Text size="sm" c="dimmed">
            {user === null ? t('Nobody is signed in') : t('For "{user}"', { user })}
          </Text>
        )}
        {call.bytes !== null && (
          <Text size="sm" c="dimmed">
            {bytes(call.bytes)}
          </Text>
        )}
        {requestId !== null && (
          <Text size="sm" c="dimmed">
            {requestId}
          </Text>
        )}
      </Group>
      {hostCalls.length > 0 && <HostCallList calls={hostCalls} total={call.ms} />}
      {moreHostCalls > 0 && (
        <Text size="sm">{plural('and one more', 'and {count} more', { count: moreHostCalls })}</Text>
      )}
      {lines.length > 0 && requestId !== null && (
        <div className="call-log">
          <LogView lines={lines} follow={false} />
        </div>
      )}
      <Headers title={t('Headers of the request')} headers={call.requestHeaders} />
      <Headers title={t('Headers of the response')} headers={call.responseHeaders} />
    </Stack>
  )
}

interface HeadersProps {
  readonly title: string
  readonly headers: RecordedCall['requestHeaders']
}

function Headers({ title, headers }: HeadersProps) {
  if (headers.length === 0) return null
  return (
    <details>
      <summary>
        <Text span size="sm">
          {title}
        </Text>
      </summary>
      <Stack gap={2} mt={4} dir="ltr">
        {headers.map(([name, value], index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a name may come twice, and the list never changes in place
          <Group key={index} gap={6} align="baseline">
            <Text size="xs" fw={600}>
              {name}
            </Text>
            <Code className="long-value">{value}</Code>
          </Group>
        ))}
      </Stack>
    </details>
  )
}
