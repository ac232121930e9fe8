-- A registry of schema 2 with aliases, retention, a deleted concept and events.
PRAGMA application_id = 1297700428;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE counter (
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES('audit',19);
INSERT INTO counter VALUES('revision',19);
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    label TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    last_used_ms INTEGER
, scopes INTEGER NOT NULL DEFAULT 15) STRICT;
INSERT INTO token VALUES(1,1,'b8811ce5bc08a4a6cf0226ca02db18d250aab7ba37fcd4fee3ed29b712334f1d','test',1700000000000,1702592000000,1700000000000,15);
INSERT INTO token VALUES(2,2,'76aabc34b69a62e31402daa594c8bf1fd864442ead3e005933cb83b67cff296c','test',1700000000000,1702592000000,1700000000000,7);
INSERT INTO token VALUES(3,3,'dd234295c7769a2e0d66a674b011fce207d72c622b8ccbc3ae6149c7459a2770','test',1700000000000,1702592000000,1700000000000,7);
INSERT INTO token VALUES(4,4,'84c24e586cb017755b8ee2ec5957b9180d07a2cf72759e48837a9e0c26737353','test',1700000000000,1702592000000,1700000000000,1);
CREATE TABLE artifact (
    account_id INTEGER NOT NULL REFERENCES account (id),
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    bytes BLOB NOT NULL,
    PRIMARY KEY (account_id, digest)
) STRICT;
INSERT INTO artifact VALUES(2,'f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a',X'61727469666163742031');
INSERT INTO artifact VALUES(2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e',X'61727469666163742032');
INSERT INTO artifact VALUES(2,'3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a',X'61727469666163742033');
INSERT INTO artifact VALUES(2,'be4cd3763c77294cc59468f71890208e83c4f438713fac19e67fa801baac171e',X'61727469666163742034');
INSERT INTO artifact VALUES(2,'4351559a4454ad353173e6a58a061071c807e4dc569d68451bbf0f060a1c9d68',X'61727469666163742035');
INSERT INTO artifact VALUES(3,'009849d71e2d59c236bc18488580ebc951bbcfeea8d4c36763ec516062373ab3',X'6172746966616374206f662062656e');
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
INSERT INTO concept VALUES(1,2,'Mug','mug',1700000001000,1700000004000,NULL,NULL,5,5,X'59fd10c74753362238b137b6bfe27a64',2);
INSERT INTO concept VALUES(2,2,'gone','gone',1700000004000,1700000004000,1700000005000,10,2,7,X'aa69c4b0c92c62a2315fd13f13acf1cc',NULL);
INSERT INTO concept VALUES(3,3,'mug','mug',1700000005000,1700000005000,NULL,NULL,2,8,X'f9ed8b25e9fac899e00037961c78c454',NULL);
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
INSERT INTO version VALUES(1,1,2,'f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a','0aebbaeeff4abd76c1bfbd5ca8eaa68ae9fc2d342c49dafed2aa30a148e0991d',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000001000);
INSERT INTO version VALUES(1,2,2,'0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e','5cc2342f54010fa03296d590ca0db8fd4ad263cc4d8f74d1735c81843502e4b5',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',1,1700000002000);
INSERT INTO version VALUES(1,3,2,'3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a','642b0dc8050511858ed0453058607508586a1035e8e25630035f60c6bc3e8286',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',2,1700000003000);
INSERT INTO version VALUES(1,4,2,'be4cd3763c77294cc59468f71890208e83c4f438713fac19e67fa801baac171e','afd775ac3212da79180344dc1f94bbb93ace1a3869e0585f0ae333f69282e40c',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',3,1700000004000);
INSERT INTO version VALUES(2,1,2,'4351559a4454ad353173e6a58a061071c807e4dc569d68451bbf0f060a1c9d68','bc71edd033bd4c512ea5abea7004d157ecf9505eee42cc65d711f819197179f7',10,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000004000);
INSERT INTO version VALUES(3,1,3,'009849d71e2d59c236bc18488580ebc951bbcfeea8d4c36763ec516062373ab3','b74f98e272134f9c48b3898dd3dddf9cd957cdcf0132c145846544d8f869d457',15,'object','mug','my mug',0.5,'abababababababababababababababababababababababababababababababab',4,'{"seed":7,"steps":100}',NULL,1700000005000);
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
INSERT INTO audit VALUES(1,1700000000000,'(console)','user.create','root','{"role":"admin"}',1,'c82798be430ce62f22bf2e0dfb9020fbe794b67d2c4bc2a42758cb5994a81cd8');
INSERT INTO audit VALUES(2,1700000000000,'root','token.login','root','{"scopes":"read,query,enroll,admin","token":1}',2,'f61e663622ea516cc0de00854bdf79466c8ba539e4c4f20389a86fd3e73c5b99');
INSERT INTO audit VALUES(3,1700000000000,'(console)','user.create','anna','{"role":"user"}',3,'d3ea84fde42da07ad1b076eb9da18d981dca04df203a3058affe6b9ea78f5045');
INSERT INTO audit VALUES(4,1700000000000,'anna','token.login','anna','{"scopes":"read,query,enroll","token":2}',4,'598d801ba18820c78755cece5be7fa976b35516dea966a868ec2db613071e9f3');
INSERT INTO audit VALUES(5,1700000000000,'(console)','user.create','ben','{"role":"user"}',5,'78c65629f21692ad1a2dd5d1dd9798dc0b531264f0a2fbe7833793649ee1af19');
INSERT INTO audit VALUES(6,1700000000000,'ben','token.login','ben','{"scopes":"read,query,enroll","token":3}',6,'8735f82cebd7aa385ba1117fa66fbdd8a82fdfef6ce3a371933389d3a0dd9375');
INSERT INTO audit VALUES(7,1700000000000,'(console)','user.create','iris','{"role":"auditor"}',7,'22e9acd0b5fd085396578dd6aa916d1781ed8df0091cefbff13e2e97029ae72f');
INSERT INTO audit VALUES(8,1700000000000,'iris','token.login','iris','{"scopes":"read","token":4}',8,'d02294af942dbbeafe6f4344e22585c730a6ac915c4f4cae372f7b4bb14a00a2');
INSERT INTO audit VALUES(9,1700000001000,'anna','concept.enroll','anna/Mug','{"created":true,"digest":"f704638b5ae224c9b2460440bbd785a1691f2572d829a7476b291a965a08320a","moved":true,"reason":"","removed":[],"version":1}',9,'f979bba8b070eab8ba7a6315cd9b05fd5d0e3ff6fc1912590b9fb6ca836ec42d');
INSERT INTO audit VALUES(10,1700000002000,'anna','concept.enroll','anna/Mug','{"created":true,"digest":"0984b8a8a5d5cffea9bf00c894d3be1cdab7fbe2e01fc3744c918759ad19355e","moved":true,"reason":"","removed":[],"version":2}',10,'031a323971d4bbbcfe7cfbdb202299be3a5f0a296e77f0f9eaa0abcd878ef980');
INSERT INTO audit VALUES(11,1700000003000,'anna','concept.enroll','anna/Mug','{"created":true,"digest":"3a8c8a9a51a19a6cf7566628936a686a3ef514c68f28684a329b64acb1c20c5a","moved":true,"reason":"","removed":[],"version":3}',11,'38f5d0f98aa3b1da1411d1995bd08785082113c3adc3cd226fb305b5eb81dafd');
INSERT INTO audit VALUES(12,1700000004000,'anna','concept.enroll','anna/Mug','{"created":true,"digest":"be4cd3763c77294cc59468f71890208e83c4f438713fac19e67fa801baac171e","moved":true,"reason":"","removed":[],"version":4}',12,'db3c9645b8531c80873b5d7a6d83fa973c1da9cbe3ee2ecd0cc1aa1ff972637b');
INSERT INTO audit VALUES(13,1700000004000,'anna','concept.promote','anna/Mug','{"from":4,"reason":"was better","to":2}',13,'146c530c9ca24a2e2382cc8d12fbc50d0ed562eda0787d2f60eaee38a8f16d86');
INSERT INTO audit VALUES(14,1700000004000,'anna','alias.set','anna/Mug','{"alias":"best","reason":"","to":1}',14,'5504bf5478639aa12e3f292dcb95bb69de9c580e5c02f8bca25e865cbe93a911');
INSERT INTO audit VALUES(15,1700000004000,'anna','alias.protect','anna/Mug','{"alias":"best"}',15,'752cfd4fd4b45ff8cfad8177704c8b096fe4326f56ab45677d84846c314cd6e0');
INSERT INTO audit VALUES(16,1700000004000,'anna','concept.retention','anna/Mug','{"keep_last":2,"removed":[]}',16,'1690e75cfe4a3ef53e3da4d10fb6877e41cc4f8f1a1e206cf7bcd62427661598');
INSERT INTO audit VALUES(17,1700000004000,'anna','concept.enroll','anna/gone','{"created":true,"digest":"4351559a4454ad353173e6a58a061071c807e4dc569d68451bbf0f060a1c9d68","moved":true,"reason":"","removed":[],"version":1}',17,'ef8e4a8842951c9dfecf04d45f19cd502b9e11b4d6870f30e06a07ef930e698f');
INSERT INTO audit VALUES(18,1700000005000,'anna','concept.delete','anna/gone','{}',18,'daf22b72213bdc76375216186c023ba226d49db73efe1863a2263fa51b6ce667');
INSERT INTO audit VALUES(19,1700000005000,'ben','concept.enroll','ben/mug','{"created":true,"digest":"009849d71e2d59c236bc18488580ebc951bbcfeea8d4c36763ec516062373ab3","moved":true,"reason":"","removed":[],"version":1}',19,'9f9273d81f671b128b1337ea3e0e4311af8621ba85ce006d8b3b000c3c391576');
CREATE TABLE IF NOT EXISTS "account" (
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
) STRICT;
INSERT INTO account VALUES(1,'root','admin',0,1700000000000,0,X'da58c765de11dd013606c34316a406aa',X'53ee6a37cd1e60751b7fbdb8556e6ac58c38c58ae7bea4f2bd8dede5b940c373',16,1,1,X'd7b13c0ebcec456d73f65768b97ef21d',0);
INSERT INTO account VALUES(2,'anna','user',0,1700000000000,10,X'8c3fd91a200bab52d2ac9317324435a0',X'1984f234f4aa46487ce4089036d7464930e93635173537ee7129dca2dfc368de',16,1,1,X'f541177b8dadfac737b75268d06a5735',0);
INSERT INTO account VALUES(3,'ben','user',0,1700000000000,1,X'309096e1cb5658e8990a46e5f9b851b9',X'37199ebade35a18bf8f6b2080689e274b8b0f5a9c37bd03363139bdd0c31858d',16,1,1,X'de745f0151506fbb4213d01339841930',0);
INSERT INTO account VALUES(4,'iris','auditor',0,1700000000000,0,X'175e9b315bbac49e7427d722877c9754',X'c5533041263c3bfbafc01cc84a2a36d5dae8967416906fe60f2e6dc5ff3daca1',16,1,1,X'c013bc2a37f6e584ebc1ade726d31037',0);
CREATE TABLE IF NOT EXISTS "move" (
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
INSERT INTO move VALUES(1,1,'current',NULL,1,NULL,1700000001000,'anna','enroll','',1);
INSERT INTO move VALUES(2,1,'current',1,2,1,1700000002000,'anna','enroll','',2);
INSERT INTO move VALUES(3,1,'current',2,3,2,1700000003000,'anna','enroll','',3);
INSERT INTO move VALUES(4,1,'current',3,4,3,1700000004000,'anna','enroll','',4);
INSERT INTO move VALUES(5,1,'current',4,2,4,1700000004000,'anna','promote','was better',5);
INSERT INTO move VALUES(6,1,'best',NULL,1,NULL,1700000004000,'anna','alias','',6);
INSERT INTO move VALUES(7,2,'current',NULL,1,NULL,1700000004000,'anna','enroll','',9);
INSERT INTO move VALUES(8,3,'current',NULL,1,NULL,1700000005000,'ben','enroll','',1);
CREATE TABLE alias (
    concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    protected INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (concept_id, name),
    FOREIGN KEY (concept_id, number) REFERENCES version (concept_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO alias VALUES(1,'best',1,1,1700000004000);
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
INSERT INTO event VALUES(2,1,1700000001000,'enroll',1,'current',NULL,1);
INSERT INTO event VALUES(2,2,1700000002000,'enroll',1,'current',1,2);
INSERT INTO event VALUES(2,3,1700000003000,'enroll',1,'current',2,3);
INSERT INTO event VALUES(2,4,1700000004000,'enroll',1,'current',3,4);
INSERT INTO event VALUES(2,5,1700000004000,'promote',1,'current',4,2);
INSERT INTO event VALUES(2,6,1700000004000,'alias',1,'best',NULL,1);
INSERT INTO event VALUES(2,7,1700000004000,'protect',1,'best',NULL,1);
INSERT INTO event VALUES(2,8,1700000004000,'retention',1,NULL,NULL,NULL);
INSERT INTO event VALUES(2,9,1700000004000,'enroll',2,'current',NULL,1);
INSERT INTO event VALUES(2,10,1700000005000,'delete',2,NULL,NULL,NULL);
INSERT INTO event VALUES(3,1,1700000005000,'enroll',3,'current',NULL,1);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('account',4);
INSERT INTO sqlite_sequence VALUES('move',8);
INSERT INTO sqlite_sequence VALUES('token',4);
INSERT INTO sqlite_sequence VALUES('concept',3);
CREATE INDEX token_account ON token (account_id);
CREATE INDEX token_expires ON token (expires_ms);
CREATE TRIGGER artifact_is_immutable BEFORE UPDATE ON artifact
    BEGIN SELECT raise(ABORT, 'artifacts are immutable'); END;
CREATE UNIQUE INDEX concept_name ON concept (account_id, name_key) WHERE deleted_ms IS NULL;
CREATE INDEX concept_deleted ON concept (deleted_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX version_artifact ON version (account_id, digest);
CREATE TRIGGER version_is_immutable BEFORE UPDATE ON version
    BEGIN SELECT raise(ABORT, 'versions are immutable'); END;
CREATE TRIGGER audit_is_immutable BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE UNIQUE INDEX concept_uid ON concept (uid);
CREATE INDEX move_concept ON move (concept_id);
CREATE TRIGGER move_is_immutable BEFORE UPDATE ON move
    BEGIN SELECT raise(ABORT, 'the history is append-only'); END;
CREATE TRIGGER move_is_kept BEFORE DELETE ON move
    WHEN EXISTS (SELECT 1 FROM concept WHERE id = OLD.concept_id)
    BEGIN SELECT raise(ABORT, 'the history goes only with its concept'); END;
CREATE INDEX alias_version ON alias (concept_id, number);
CREATE TRIGGER version_is_kept BEFORE DELETE ON version
    WHEN EXISTS (
        SELECT 1 FROM concept LEFT JOIN move ON move.id = current_move
        WHERE concept.id = OLD.concept_id AND (
            to_number IS OLD.number
            OR EXISTS (
                SELECT 1 FROM alias WHERE alias.concept_id = concept.id AND alias.number = OLD.number)))
    BEGIN SELECT raise(ABORT, 'a pointer names this version'); END;
COMMIT;
