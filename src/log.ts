import pino from 'pino';

/**
 * What may be written to the log: the name of an event and a few coarse facts. There is no field for text, a
 * number, a token, an address, a URL or an id, so none can slip in; an error gives its class, and of its
 * message only what this list allows.
 */
export type LogFields = {
  /** The class of an error, such as `SqliteError`; never its message. */
  error?: string;
  code?: string;
  count?: number;
  ms?: number;
  port?: number;
  engine?: 'sqlite' | 'postgres';
  trial?: boolean;
};

export type LogEvent =
  | 'started'
  | 'stopping'
  | 'stopped'
  | 'notSaved'
  | 'timerFailed'
  | 'textFailed'
  | 'requestFailed'
  | 'socketFailed'
  | 'crashed';

export type Log = (event: LogEvent, fields?: LogFields) => void;

/** The log of this process, one JSON line an event, to standard output. */
export function openLog(level: 'info' | 'silent' = 'info'): Log {
  const out = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return (event, fields = {}) => {
    const serious = fields.error !== undefined;
    if (serious) out.error(pick(fields), event);
    else out.info(pick(fields), event);
  };
}

/** What of an error may be logged: its class and its code. */
export function errorFields(error: unknown): Pick<LogFields, 'error' | 'code'> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code =
    'code' in error && typeof error.code === 'string' && /^[\w]{1,40}$/.test(error.code)
      ? error.code
      : undefined;
  return code ? { error: error.name, code } : { error: error.name };
}

/** At run time too: only the fields of the list pass, whatever a caller gave. */
function pick({ error, code, count, ms, port, engine, trial }: LogFields): LogFields {
  return {
    ...(error !== undefined && { error }),
    ...(code !== undefined && { code }),
    ...(count !== undefined && { count }),
    ...(ms !== undefined && { ms }),
    ...(port !== undefined && { port }),
    ...(engine !== undefined && { engine }),
    ...(trial !== undefined && { trial }),
  };
}
