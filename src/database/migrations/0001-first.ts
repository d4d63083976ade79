import { type Kysely, sql } from 'kysely';
import type { Tables } from '../tables.ts';

/**
 * The first tables. Written once for both engines: `bytes` and `int` stand for each engine's own types.
 * Ids of conversations are time-ordered, so that the rows and indexes of one evening lie together.
 */
export async function up(db: Kysely<Tables>, engine: 'sqlite' | 'postgres'): Promise<void> {
  const types = engine === 'sqlite' ? { bytes: 'blob', int: 'integer' } : { bytes: 'bytea', int: 'bigint' };
  for (const statement of STATEMENTS) {
    const text = statement.replace(/\bbytes\b/g, types.bytes).replace(/\bint\b/g, types.int);
    const strict = engine === 'sqlite' && text.startsWith('create table') ? ' strict' : '';
    await sql.raw(text + strict).execute(db);
  }
}

const STATEMENTS = [
  `create table conversation (
    id text primary key, channel text not null, language text not null, bundle text not null,
    flow text not null, step text not null, misses int not null, state text not null, severity int not null,
    owner_id text, epoch int not null, rev int not null, last_seq int not null,
    started_at int not null, last_inbound_at int not null, last_message_at int not null, waiting_since int, asked_for_person_at int, hidden_at int,
    retention_class text not null, delete_after_day int, slots bytes, return_stack bytes, risk_memory bytes)`,
  // The desk asks for these alone, however many conversations there are.
  `create index conversation_with_people on conversation (state, severity) where state in ('waiting', 'withWorker')`,

  `create table conversation_key (
    conversation_id text not null, wrap bytes not null, wrapped_by text not null,
    primary key (conversation_id, wrapped_by))`,

  `create table contact_point (
    id text primary key, conversation_id text not null references conversation (id), kind text not null,
    lookup text not null, value bytes, reachability text not null, safe_to_text text not null,
    quiet_until int, made_at int not null, ended_at int)`,
  `create unique index contact_point_web on contact_point (lookup) where kind = 'web'`,
  `create index contact_point_lookup on contact_point (lookup, made_at)`,
  `create index contact_point_conversation on contact_point (conversation_id)`,

  `create table message (
    conversation_id text not null, seq int not null, sender text not null, author_id text,
    client_id text, provider_id text, body bytes not null, written_under_epoch int not null, at int not null,
    primary key (conversation_id, seq))`,
  `create unique index message_client on message (conversation_id, client_id) where client_id is not null`,
  `create unique index message_provider on message (provider_id) where provider_id is not null`,

  `create table timer (
    conversation_id text not null, name text not null, epoch int not null, due_at int not null, event text not null,
    primary key (conversation_id, name))`,
  `create index timer_due on timer (due_at)`,

  `create table outbox (
    id text primary key, conversation_id text not null, seq int not null, kind text not null, sender text not null,
    payload bytes not null, state text not null, attempt int not null, provider_id text, error_code text,
    epoch int not null, made_at int not null, changed_at int not null, not_before_at int not null)`,
  `create index outbox_state on outbox (state, changed_at)`,
  `create index outbox_conversation on outbox (conversation_id, seq)`,

  `create table alert (
    id text primary key, conversation_id text not null, severity int not null, categories text not null,
    evidence bytes not null, raised_at int not null, closed_at int, closed_by text)`,
  `create index alert_conversation on alert (conversation_id)`,

  `create table desk_event (serial int primary key, kind text not null, subject text not null, at int not null)`,

  `create table assignment (
    id text primary key, conversation_id text not null, staff_id text not null, epoch int not null,
    began_at int not null, ended_at int, outcome text)`,
  `create index assignment_conversation on assignment (conversation_id)`,

  `create table staff (
    id text primary key, email text not null unique, name text not null, roles text not null,
    made_at int not null, disabled_at int)`,
  `create table credential (
    id text primary key, staff_id text not null references staff (id), kind text not null, secret bytes not null,
    used_step int, made_at int not null)`,
  `create unique index credential_kind on credential (staff_id, kind)`,
  `create table staff_session (
    id text primary key, staff_id text not null references staff (id), token_hash text not null unique,
    made_at int not null, seen_at int not null, ends_at int not null, ended_at int)`,
  `create table invitation (
    id text primary key, email text not null, name text not null, roles text not null, token_hash text not null unique,
    totp bytes not null, made_at int not null, ends_at int not null, used_at int)`,
  `create table shift (
    id text primary key, staff_id text not null references staff (id), began_at int not null, ended_at int)`,
  // Duty is one open shift a person, whatever two tabs ask at once.
  `create unique index shift_open on shift (staff_id) where ended_at is null`,

  `create table audit (
    serial int primary key, at int not null, actor text not null, action text not null, object text not null,
    previous_hash text not null, hash text not null)`,
  `create table bundle (hash text primary key, content text not null, made_at int not null)`,
];
