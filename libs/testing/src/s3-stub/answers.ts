// Answers and errors in the words of S3. Codes and status: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
export type Answer = { status: number; headers?: Record<string, string>; body?: Buffer | string };

const STATUS_OF = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type S3ErrorCode = keyof typeof STATUS_OF;

/** Thrown by whatever serves a request; becomes the XML error answer. */
export class S3StubError extends Error {
  override name = "S3StubError";
  readonly code: S3ErrorCode;
  constructor(code: S3ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function answerError(error: S3StubError): Answer {
  return answerCode(STATUS_OF[error.code], error.code, error.message);
}

export function answerCode(status: number, code: string, message: string): Answer {
  return answerXml(`<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`, status);
}

export function answerXml(xml: string, status = 200): Answer {
  return {
    status,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`,
  };
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
