// What the plugin uses and does not ask for, what it asks for and does not use, and "permissions" of a manifest that fits.

import { Badge, Button, Code, CopyButton, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { PermissionAdvice } from '../../../../../sdk/api/recordings.ts'
import { PERMISSIONS } from '../../../../../sdk/permissions/permissions.ts'
import { rowOf } from '../../../../../sdk/permissions/row.ts'
import { adviceQuery } from '../../api/recordings.ts'
import { DiffBlock } from '../../components/diff-block.tsx'
import { Icon } from '../../components/icons.tsx'
import { LoadError } from '../../components/load-error.tsx'
import { Section } from '../../components/section.tsx'
import { t } from '../../languages/text.ts'

/** Of the manifest. */
const MEMBER = 'permissions'

type Piece = PermissionAdvice['unused'][number]

export function AdviceView({ id }: { readonly id: string }) {
  const advice = useQuery(adviceQuery(id))
  if (advice.isPending) return <Skeleton h={160} radius="md" />
  if (advice.data === undefined) return <LoadError error={advice.error} />
  const { lacking, unused, unseen, suggested, diff } = advice.data
  return (
    <Stack>
      <Section id="lacking" title={t('Used but not asked for')}>
        {lacking.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('The plugin has used nothing that its manifest does not ask for.')}
          </Text>
        ) : (
          <Pieces pieces={lacking} color="red" />
        )}
        {lacking.some(({ value }) => value === null) && (
          <Text size="sm">{t('Where no name is shown, write into the manifest which ones it needs.')}</Text>
        )}
      </Section>
      <Section id="unused" title={t('Asked for but never used')}>
        {unused.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t('The plugin has used everything that it asks for, as far as the server sees it.')}
          </Text>
        ) : (
          <>
            <Pieces pieces={unused} color="yellow" />
            <Text size="sm">
              {t('Since the server started: try every part of the plugin before you take something out.')}
            </Text>
          </>
        )}
        {unseen.length > 0 && (
          <Text size="sm" c="dimmed">
            {t('The server does not see the use of: {names}', { names: unseen.join(', ') })}
          </Text>
        )}
      </Section>
      <Section id="suggested" title={t('A manifest that fits')}>
        {diff === '' ? (
          <Text size="sm" c="dimmed">
            {t('The manifest asks for what the plugin uses.')}
          </Text>
        ) : (
          <>
            <DiffBlock diff={diff} label={t('What would change in "{path}"', { path: 'manifest.json' })} />
            <CopyButton value={`"${MEMBER}": ${JSON.stringify(suggested, undefined, 2)}`}>
              {({ copied, copy }) => (
                <Button
                  variant="default"
                  style={{ alignSelf: 'start' }}
                  leftSection={<Icon name={copied ? 'check' : 'copy'} size={16} />}
                  onClick={copy}
                >
                  {copied ? t('Copied') : t('Copy "{text}"', { text: MEMBER })}
                </Button>
              )}
            </CopyButton>
          </>
        )}
      </Section>
    </Stack>
  )
}

function Pieces({ pieces, color }: { readonly pieces: readonly Piece[]; readonly color: string }) {
  return (
    <Stack gap={6} role="list">
      {pieces.map(({ permission, label }) => (
        <Group key={`${permission} ${label}`} gap="xs" role="listitem" data-piece={permission}>
          <Badge variant="light" color={color} tt="none" radius="sm" dir="ltr">
            {permission}
          </Badge>
          <Text size="sm">{t(rowOf(permission, PERMISSIONS)?.words.title ?? permission)}</Text>
          {label !== '' && <Code className="long-value">{label}</Code>}
        </Group>
      ))}
    </Stack>
  )
}
