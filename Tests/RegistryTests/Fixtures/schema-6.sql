-- A registry of schema 6: that of schema 4 with shares, a quota and a kept photo; its master key is 5e repeated.
PRAGMA application_id = 1297700428;
PRAGMA user_version = 6;
BEGIN TRANSACTION;
CREATE TABLE "account" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('user', 'admin', 'auditor')),
    suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    created_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    salt BLOB NOT NULL,
    key BLOB NOT NULL,
    scrypt_n INTEGER NOT NULL,
    scrypt_r INTEGER NOT NULL,
    scrypt_p INTEGER NOT NULL,
    -- Ids may be given out again after a restore of an old backup; this one never is.
    uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    -- Events up to this revision are gone.
    compacted INTEGER NOT NULL DEFAULT 0
, tag TEXT) STRICT;
INSERT INTO "account" VALUES(1,'root','admin',0,1700000000000,0,X'C15AF2B796696C882825CEB137AE6E68',X'0C700A79734FA799735A3164ABDF7B6119B828516B570C8A974020C5A9770649',16,1,1,X'EBF65531417AAA450818887AB99FBE17',0,'d8052347806c9ca4');
INSERT INTO "account" VALUES(2,'anna','user',0,1700000000000,10,X'C5CFA2C93D0FD1246C71D64BF57F41AF',X'F72409A963C0DE523F9C5C3BD32EBB3376B33C5DFD286FBF89C9215BA30B0C20',16,1,1,X'726CBE4249D2B0B7FBF7F69B186D8B55',0,'07e64710d5f2489e');
INSERT INTO "account" VALUES(3,'ben','user',0,1700000000000,3,X'AC2A77B39E0F8D6D8DC36F5BE39C73C8',X'4A82C008ABB94A75FF88348FC8B32475C3FC50596CB211311D2A434BB4C16743',16,1,1,X'A9D7BED0B49909A2A8610801A5FAA991',0,'de75c6cf8ca4d5a2');
INSERT INTO "account" VALUES(4,'iris','auditor',0,1700000000000,0,X'F79A0AC3BCA21AD636DC72B468953254',X'A90E80494E47A6ADB3514116C0C604279B9E5B91134809CA9B308F87758D9B02',16,1,1,X'1256B806A10FDA60C5FC0C505144C21F',0,'75ad5fedf970cfcf');
CREATE TABLE alias (
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    protected INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (concept_id, name),
    FOREIGN KEY (concept_id, number) REFERENCES version (concept_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO "alias" VALUES(1,'best',1,1,1700000004000);
CREATE TABLE "artifact" (
    account_id INTEGER NOT NULL REFERENCES account (id),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    size INTEGER NOT NULL,
    wrapped BLOB NOT NULL CHECK (length(wrapped) = 60),
    sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, digest)
) STRICT;
INSERT INTO "artifact" VALUES(2,'f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a',10,X'891618F11531A1BDDACA923A54525E3001FE761A000D4640B92DAC5B5F3071B747D46CC1BE001FA742AE749AFE4FB7FE94B3577D58CF6F7DEC342E0F',X'828EEA7238F54D5A267A7C16066529BFC351D8B75DEF7AFEFB07F5F9B53D2ED23360350FF9A3');
INSERT INTO "artifact" VALUES(2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e',10,X'F27DC369DBEA0714D8F40EB0DE71C8747F182D24791E9E01835CCA4A1F4C27D9092246DE503F0318918E8E65A2FDC974EE29E128DCFFFFDB8B35A930',X'3B27C3AE0BEC673866D1C287866ABCEE2F8565B8B0E7BE378111A9193FB98865478663AC9EB9');
INSERT INTO "artifact" VALUES(2,'3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a',10,X'6689DB02AA6C843F4DCAB36508245FD042CEFE60AB0F5D71A101D148468B30E2A4A1115F60A274F40D9ED7521946DA2DAEACB6109EDD077765176139',X'A126918E69D489B3774DB34A5688A133DAE3CC72F9F7798E554C9FFCB8B13AFB95BC5F9D64B5');
INSERT INTO "artifact" VALUES(2,'be4cd3763c77294cc59468f71890208e83c4f438713fac19e67fa801baac171e',10,X'7AD775390D94097221BCB5B80D30F3068AA29B07BB04EC7B3DB075A727BE792AC5E80919B2E48D3EE2FBCAB16EC48762A7E3B36FFC5EDB3ADD3E37CD',X'5E8D65D9B5864861D9D4B757D7B04AE27E2B89C2C761F6D484ADC7E15A3744405F259FB79A2F');
INSERT INTO "artifact" VALUES(2,'4351559a4454ad353173e6a58a061071c807e4dc569d68451bbf0f060a1c9d68',10,X'B301F34502F078CD210C99933BA17539150334916D94D3887D15CA59163867EAEEDE8A1BEDBAB6EAE901AF7B24BE64CA2DCBDAD88CA772C71CF72B90',X'09B00845033FA73CB0EB9AFB6B1F28E50E95BBF0E8E420237A54EC95AA7368AA299B75AA24CA');
INSERT INTO "artifact" VALUES(3,'009849d71e2d59c236bc18488580ebc951bbcfeea8d4c36763ec516062373ab3',15,X'729CE1307B6406069820019048C780351958C4F42550792FADA08045308D3A6C5ECBF08306B99EA0A8199AB222572E6B1907102D8702FD685D5805B3',X'620C13164BCAC9808D5633669D58F697D7430033A9CA8A49D70DA0CCAC1A579BEC72207381B99E963A9CC6');
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    details TEXT NOT NULL,
    revision INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO "audit" VALUES(1,1700000000000,'(console)','user.create','d8052347806c9ca4','{"role":"admin"}',1,'5c71aaf1f989196c91096941f1f17fa43907e2cfbf6d5179a42bb919d2efb9a2');
INSERT INTO "audit" VALUES(2,1700000000000,'d8052347806c9ca4','token.login','d8052347806c9ca4','{"scopes":"read,query,enroll,admin","token":1}',2,'3c940b11256bc1c23031f0f77045b9e692a5a59431f2dbc7ad7f6ebf5bd425c2');
INSERT INTO "audit" VALUES(3,1700000000000,'(console)','user.create','07e64710d5f2489e','{"role":"user"}',3,'04f7cd92a1bfa14776445bf078ce2ab1680fdc326a3a390ccdb66aa15202c8fe');
INSERT INTO "audit" VALUES(4,1700000000000,'07e64710d5f2489e','token.login','07e64710d5f2489e','{"scopes":"read,query,enroll","token":2}',4,'cd94af3286bc179d58c168c53e7a090cfd0afe2e2b470d34acf0b8160f9d4d85');
INSERT INTO "audit" VALUES(5,1700000000000,'(console)','user.create','de75c6cf8ca4d5a2','{"role":"user"}',5,'ecb563cd2b14505198dcbf175eda9f86851daa633f5806f9a54bbefc9ee94108');
INSERT INTO "audit" VALUES(6,1700000000000,'de75c6cf8ca4d5a2','token.login','de75c6cf8ca4d5a2','{"scopes":"read,query,enroll","token":3}',6,'1baec5eacbd36e7e6d57d0619056201c337052ebe6a18bcc467d86789770530b');
INSERT INTO "audit" VALUES(7,1700000000000,'(console)','user.create','75ad5fedf970cfcf','{"role":"auditor"}',7,'21e0d6ed53b13a1bc12826edd88878980a005554d86743ffdad85afa48958d68');
INSERT INTO "audit" VALUES(8,1700000000000,'75ad5fedf970cfcf','token.login','75ad5fedf970cfcf','{"scopes":"read","token":4}',8,'49b5e72e7f0c29f6bc4b0c8623b2e344359962adc5e36bd62cba720b01073087');
INSERT INTO "audit" VALUES(9,1700000001000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/8975fa44e4cbe2a2','{"created":true,"moved":true,"removed":[],"version":1}',9,'78b6c947ea00e58d60c4d9b5636b80dbba9c173d2ffd014d70064348e9754643');
INSERT INTO "audit" VALUES(10,1700000002000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/8975fa44e4cbe2a2','{"created":true,"moved":true,"removed":[],"version":2}',10,'e9d0afcb2b084bd3e7bccbc0db312c8f274c3a4c26f595fbf1fe8c53bffa08ad');
INSERT INTO "audit" VALUES(11,1700000003000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/8975fa44e4cbe2a2','{"created":true,"moved":true,"removed":[],"version":3}',11,'c5e15b9c5a7fbcb1799a57cfee1aae9c3eec652a65a91d56265e44532b30f7c4');
INSERT INTO "audit" VALUES(12,1700000004000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/8975fa44e4cbe2a2','{"created":true,"moved":true,"removed":[],"version":4}',12,'a10cee305a80f5a3f5e0eef76d687b70aad00296f9738b0dd91cf3f04a178835');
INSERT INTO "audit" VALUES(13,1700000004000,'07e64710d5f2489e','concept.promote','07e64710d5f2489e/8975fa44e4cbe2a2','{"from":4,"reason":"12ea140641f408db","to":2}',13,'09b400b732df69ece4ca987be369119d67689d19659397eb78119e66aa055fc5');
INSERT INTO "audit" VALUES(14,1700000004000,'07e64710d5f2489e','alias.set','07e64710d5f2489e/8975fa44e4cbe2a2','{"alias":"17be8f0d0d83dec8","to":1}',14,'384c4a8ab10e85db935e9f1a0724198ef2476df0a6d4a75b4f1111772d155ed4');
INSERT INTO "audit" VALUES(15,1700000004000,'07e64710d5f2489e','alias.protect','07e64710d5f2489e/8975fa44e4cbe2a2','{"alias":"17be8f0d0d83dec8"}',15,'bfaa963cfbb7f044903c390d9f8e0aae9743b60a023bfece889f6bc60bd82eb7');
INSERT INTO "audit" VALUES(16,1700000004000,'07e64710d5f2489e','concept.retention','07e64710d5f2489e/8975fa44e4cbe2a2','{"keep_last":2,"removed":[]}',16,'0a07c9409f74c7ab2dd24a1a2862ef8819c0e2e9cb610cb8ab86279f11857884');
INSERT INTO "audit" VALUES(17,1700000004000,'07e64710d5f2489e','concept.enroll','07e64710d5f2489e/b7d7d32cc8482537','{"created":true,"moved":true,"removed":[],"version":1}',17,'5036f259853b8af8e9a54406e0ddcf0520e0ff68fe2286cb1c787d3da2cad1bf');
INSERT INTO "audit" VALUES(18,1700000005000,'07e64710d5f2489e','concept.delete','07e64710d5f2489e/b7d7d32cc8482537','{}',18,'2390fd4d370a143cbf7d822b0f8faa705f5ee433753f536c3a8771fa006a8c34');
INSERT INTO "audit" VALUES(19,1700000005000,'de75c6cf8ca4d5a2','concept.enroll','de75c6cf8ca4d5a2/4888bbacba975a5f','{"created":true,"moved":true,"removed":[],"version":1}',19,'02d71ffa088f83047d4353d9aeee4151a38a9b1ef37a1d2fbb86385575cc9efb');
INSERT INTO "audit" VALUES(20,1700000065000,'de75c6cf8ca4d5a2','concept.enroll','de75c6cf8ca4d5a2/b07f156be84791f3','{"created":true,"moved":true,"removed":[],"version":1}',20,'abf1a223217b95febb201f258f09fe9049b0d8c2711551ff7d80e1adcd557a52');
INSERT INTO "audit" VALUES(21,1700000065000,'de75c6cf8ca4d5a2','concept.erase','de75c6cf8ca4d5a2/b07f156be84791f3','{"receipt":"1ad6a0d7d733aa6867d0e7c2ec9e82aa"}',21,'b7686210c07f3f610877ed1f809f8180107ed433b66032a2cc1c647c25bb231b');
CREATE TABLE concept (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    deleted_revision INTEGER,
    next_number INTEGER NOT NULL DEFAULT 1,
    current_move INTEGER
, uid BLOB, keep_last INTEGER CHECK (keep_last >= 1)) STRICT;
INSERT INTO "concept" VALUES(1,2,'Mug','mug',1700000001000,1700000004000,NULL,NULL,5,5,X'F447257B5989040BA6145CFFF3E6E1A3',2);
INSERT INTO "concept" VALUES(2,2,'gone','gone',1700000004000,1700000004000,1700000005000,10,2,7,X'0949800E36C2A9BBAC41B0012F474515',NULL);
INSERT INTO "concept" VALUES(3,3,'mug','mug',1700000005000,1700000005000,NULL,NULL,2,8,X'0950E719D70082DE2730012DED2D9CC3',NULL);
CREATE TABLE counter (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "counter" VALUES('audit',21);
INSERT INTO "counter" VALUES('revision',21);
CREATE TABLE data_key (
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    master TEXT NOT NULL,
    wrapped BLOB NOT NULL CHECK (length(wrapped) = 60),
    created_ms INTEGER NOT NULL
) STRICT;
INSERT INTO "data_key" VALUES(1,'9985b2e4b9b71b28',X'796E701B897DE087B4168446AEF9D1A164EC33514A45F7015AF9DDAE50680F1FB984F1BCC00CEBACE8D82FAB94D259395AEB0022559A110DC4B009E9',1700000000000);
INSERT INTO "data_key" VALUES(2,'9985b2e4b9b71b28',X'72A7F178C7D00372A571D7A39E2E7979380C850EBF503E7744D43CCD16D4C2FE50CA616C5FA11AEF08FF4B937DCC40212C7E7F14DD8C01F7620BC71C',1700000000000);
INSERT INTO "data_key" VALUES(3,'9985b2e4b9b71b28',X'4B9B74E00E5B5D6C1701FD17F9204ADCFD4923D70545FE93F37A45E1F106786E286C5C85C3A49FD3B9600C8B2683841DF8B5E1ADDFA991EDF0706002',1700000000000);
INSERT INTO "data_key" VALUES(4,'9985b2e4b9b71b28',X'06DEEF9544290BBC5B14311FF15B076A93FDF768FDCBDB7B3CD5507C39359AB0BFE8ACE10809A73F85A3C26DDF598CE670C95A756AD115B62F78F2CE',1700000000000);
CREATE TABLE erasure (
    receipt TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'concept')),
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    account_id INTEGER,
    requested_ms INTEGER NOT NULL,
    erased_ms INTEGER,
    versions INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "erasure" VALUES('1ad6a0d7d733aa6867d0e7c2ec9e82aa','concept',X'A61667D265E304ED5C3DE4BFF23AA43C',3,1700000065000,1700000065000,1,10);
CREATE TABLE event (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    concept_id INTEGER NOT NULL,
    pointer TEXT,
    from_number INTEGER,
    to_number INTEGER,
    PRIMARY KEY (account_id, revision)
) STRICT, WITHOUT ROWID;
INSERT INTO "event" VALUES(2,1,1700000001000,'enroll',1,'current',NULL,1);
INSERT INTO "event" VALUES(2,2,1700000002000,'enroll',1,'current',1,2);
INSERT INTO "event" VALUES(2,3,1700000003000,'enroll',1,'current',2,3);
INSERT INTO "event" VALUES(2,4,1700000004000,'enroll',1,'current',3,4);
INSERT INTO "event" VALUES(2,5,1700000004000,'promote',1,'current',4,2);
INSERT INTO "event" VALUES(2,6,1700000004000,'alias',1,'best',NULL,1);
INSERT INTO "event" VALUES(2,7,1700000004000,'protect',1,'best',NULL,1);
INSERT INTO "event" VALUES(2,8,1700000004000,'retention',1,NULL,NULL,NULL);
INSERT INTO "event" VALUES(2,9,1700000004000,'enroll',2,'current',NULL,1);
INSERT INTO "event" VALUES(2,10,1700000005000,'delete',2,NULL,NULL,NULL);
INSERT INTO "event" VALUES(3,1,1700000005000,'enroll',3,'current',NULL,1);
INSERT INTO "event" VALUES(3,2,1700000065000,'enroll',4,'current',NULL,1);
INSERT INTO "event" VALUES(3,3,1700000065000,'erase',4,NULL,NULL,NULL);
CREATE TABLE identity (
    name TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE job (
    id TEXT PRIMARY KEY CHECK (length(id) = 32),
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    concept TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    stage TEXT NOT NULL DEFAULT '',
    -- What to train, sealed under the user's data key.
    request BLOB NOT NULL,
    -- Digests of the user's other concepts when it first ran: a later run trains against the same.
    others TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    finished_ms INTEGER,
    spent_ms INTEGER NOT NULL DEFAULT 0,
    error_code TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    version INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "job" VALUES('01853ddc6dbe91c6bdc12d148186d2e4',2,'rex','failed','',X'DAB0B1D0840BA35EB96FDE9DDA9EC5F39CAF24AD01E715FE6611C0F00B5DD747FAD54BC14E','0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e',1,1700000005000,1700000005000,1700000065000,60000,'invalidArgument','no picture',NULL);
INSERT INTO "job" VALUES('e7e969decd14febd8b9b857157f3df95',2,'hat','running','',X'60F5E5218D3DC0D937A5B504AF71A2506F3257F7FDFB66B014F6848DD45E5457CB7F5D','0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e',1,1700000065000,1700000065000,NULL,0,'','',NULL);
CREATE TABLE "move" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    pointer TEXT NOT NULL,
    from_number INTEGER,
    to_number INTEGER,
    below INTEGER,
    at_ms INTEGER NOT NULL,
    by_name TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('enroll', 'promote', 'rollback', 'alias', 'unalias', 'import')),
    reason TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO "move" VALUES(1,1,'current',NULL,1,NULL,1700000001000,'anna','enroll','',1);
INSERT INTO "move" VALUES(2,1,'current',1,2,1,1700000002000,'anna','enroll','',2);
INSERT INTO "move" VALUES(3,1,'current',2,3,2,1700000003000,'anna','enroll','',3);
INSERT INTO "move" VALUES(4,1,'current',3,4,3,1700000004000,'anna','enroll','',4);
INSERT INTO "move" VALUES(5,1,'current',4,2,4,1700000004000,'anna','promote','was better',5);
INSERT INTO "move" VALUES(6,1,'best',NULL,1,NULL,1700000004000,'anna','alias','',6);
INSERT INTO "move" VALUES(7,2,'current',NULL,1,NULL,1700000004000,'anna','enroll','',9);
INSERT INTO "move" VALUES(8,3,'current',NULL,1,NULL,1700000005000,'ben','enroll','',1);
CREATE TABLE photo (
    concept_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position >= 0),
    account_id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (concept_id, number, position),
    FOREIGN KEY (concept_id, number) REFERENCES version (concept_id, number) ON DELETE CASCADE,
    FOREIGN KEY (account_id, digest) REFERENCES artifact (account_id, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO "photo" VALUES(1,2,0,2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e','front.jpg');
CREATE TABLE quota (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value INTEGER NOT NULL CHECK (value >= 0),
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "quota" VALUES(3,'concepts',7);
CREATE TABLE share (
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (concept_id, account_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "share" VALUES(1,3,1700000050000);
INSERT INTO "share" VALUES(3,2,1700000060000);
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    label TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    last_used_ms INTEGER
, scopes INTEGER NOT NULL DEFAULT 15) STRICT;
INSERT INTO "token" VALUES(1,1,'6f31397d76ecd8bf51f1dc1dac540c1e1b023681ea86b8f25c10933fd7729880','test',1700000000000,1702592000000,1700000000000,15);
INSERT INTO "token" VALUES(2,2,'25701241ed58ad4d6eeac59e98e3c336ee7724caa5396a1ad0180a2fd3d53882','test',1700000000000,1702592000000,1700000000000,7);
INSERT INTO "token" VALUES(3,3,'fe2531459425f8057a1a5681fc0401e5136ce5d391df86bded451f2be9de4a82','test',1700000000000,1702592000000,1700000000000,7);
INSERT INTO "token" VALUES(4,4,'7796137bcc5aa939836ee3e889db7ed561e285b9ea81eee35df84d310746d72f','test',1700000000000,1702592000000,1700000000000,1);
CREATE TABLE version (
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 1),
    account_id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    size INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('object', 'person')),
    class_noun TEXT NOT NULL,
    identifier TEXT NOT NULL,
    threshold REAL NOT NULL,
    model_digest TEXT NOT NULL,
    photos INTEGER NOT NULL,
    training TEXT NOT NULL,
    parent INTEGER,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (concept_id, number),
    UNIQUE (concept_id, content),
    FOREIGN KEY (account_id, digest) REFERENCES artifact (account_id, digest)
) STRICT, WITHOUT ROWID;
INSERT INTO "version" VALUES(1,1,2,'f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a','0aebbaeeff4abd76c1bfbd5ca8eaa68ae9fc2d342c49dafed2aa30a148e0991d',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000001000);
INSERT INTO "version" VALUES(1,2,2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e','5cc2342f54010fa03296d590ca0db8fd4ad263cc4d8f74d1735c81843502e4b5',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',1,1700000002000);
INSERT INTO "version" VALUES(1,3,2,'3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a','642b0dc8050511858ed0453058607508586a1035e8e25630035f60c6bc3e8286',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',2,1700000003000);
INSERT INTO "version" VALUES(1,4,2,'be4cd3763c77294cc59468f71890208e83c4f438713fac19e67fa801baac171e','afd775ac3212da79180344dc1f94bbb93ace1a3869e0585f0ae333f69282e40c',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',3,1700000004000);
INSERT INTO "version" VALUES(2,1,2,'4351559a4454ad353173e6a58a061071c807e4dc569d68451bbf0f060a1c9d68','bc71edd033bd4c512ea5abea7004d157ecf9505eee42cc65d711f819197179f7',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000004000);
INSERT INTO "version" VALUES(3,1,3,'009849d71e2d59c236bc18488580ebc951bbcfeea8d4c36763ec516062373ab3','b74f98e272134f9c48b3898dd3dddf9cd957cdcf0132c145846544d8f869d457',15,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000005000);
CREATE INDEX token_account ON token (account_id);
CREATE INDEX token_expires ON token (expires_ms);
CREATE UNIQUE INDEX concept_name ON concept (account_id, name_key) WHERE deleted_ms IS NULL;
CREATE INDEX concept_deleted ON concept (deleted_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX version_artifact ON version (account_id, digest);
CREATE UNIQUE INDEX concept_uid ON concept (uid);
CREATE INDEX move_concept ON move (concept_id);
CREATE INDEX alias_version ON alias (concept_id, number);
CREATE UNIQUE INDEX account_tag ON account (tag);
CREATE INDEX job_account ON job (account_id, created_ms);
CREATE INDEX job_open ON job (state, created_ms) WHERE state IN ('queued', 'running');
CREATE TRIGGER version_is_immutable BEFORE UPDATE ON version
    BEGIN SELECT raise(ABORT, 'versions are immutable'); END;
CREATE TRIGGER move_is_immutable BEFORE UPDATE ON move
    BEGIN SELECT raise(ABORT, 'the history is append-only'); END;
CREATE TRIGGER move_is_kept BEFORE DELETE ON move
    WHEN EXISTS (SELECT 1 FROM concept WHERE id = OLD.concept_id)
    BEGIN SELECT raise(ABORT, 'the history goes only with its concept'); END;
CREATE TRIGGER version_is_kept BEFORE DELETE ON version
    WHEN EXISTS (
        SELECT 1 FROM concept LEFT JOIN move ON move.id = current_move
        WHERE concept.id = OLD.concept_id AND (
            to_number IS OLD.number
            OR EXISTS (
                SELECT 1 FROM alias WHERE alias.concept_id = concept.id AND alias.number = OLD.number)))
    BEGIN SELECT raise(ABORT, 'a pointer names this version'); END;
CREATE TRIGGER artifact_is_immutable BEFORE UPDATE ON artifact
    BEGIN SELECT raise(ABORT, 'artifacts are immutable'); END;
CREATE TRIGGER audit_is_immutable BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE INDEX identity_account ON identity (account_id);
CREATE INDEX share_account ON share (account_id);
CREATE INDEX photo_artifact ON photo (account_id, digest);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('account',4);
INSERT INTO "sqlite_sequence" VALUES('move',9);
INSERT INTO "sqlite_sequence" VALUES('token',4);
INSERT INTO "sqlite_sequence" VALUES('concept',4);
COMMIT;
